#!/usr/bin/env python3
"""Prints what the reports cost: 10,000 records to HTML, that page in a browser, and a comparison of 1,000,000 records.

usage: scripts/report_numbers.py [--hetscope PATH] [--records N] [--compare N] [--keep DIR]

The records are made up (scripts/make_records.py): 60 samples for each clock. Build first: cmake --build --preset release --target hetscope
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))


def make(count, folder, *options):
    if not folder.exists():
        subprocess.run([sys.executable, ROOT / "scripts" / "make_records.py", str(count), folder, *options], check=True)
    return sum(path.stat().st_size for path in folder.rglob("records.jsonl"))


def timed(command):
    """Seconds on the clock, seconds of CPU, and the most memory in MB that the command held."""
    started = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{command[1]} ended with {process.returncode}: {said}")
    return elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def line(what, value, limit, unit):
    verdict = "holds" if value <= limit else "DOES NOT HOLD"
    print(f"{what:58} {value:9.2f} {unit:3} at most {limit:g} {unit}: {verdict}", flush=True)


def in_browser(page):
    import browser
    if browser.find() is None:
        print("no chromium here: the page was not opened")
        return
    with browser.Browser() as window:
        window.show(1200, 1000)
        times = []
        for _ in range(3):
            started = time.monotonic()
            window.open(page)
            window.wait_for("document.documentElement.dataset.ready === 'yes'")
            times.append(time.monotonic() - started)
        line("page: opened until it can be used, worst of 3", max(times), 3, "s")
        box = "document.querySelector('.table[data-rows] .filter input')"
        took = window.run(f"(() => {{ const input = {box}; const start = performance.now(); input.value = 'simd f16';"
                          "input.dispatchEvent(new Event('input')); document.body.offsetHeight; return performance.now() - start; })()")
        print(f"{'page: first filter of its longest table':58} {took:9.0f} ms")
        if window.complaints:
            print("page: the console says:", window.complaints[:3])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hetscope", type=pathlib.Path, default=ROOT / "build" / "release" / "bin" / "hetscope")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--compare", type=int, default=1_000_000)
    parser.add_argument("--keep", type=pathlib.Path, help="where the made-up records stay (2.5 GB); default: nowhere")
    options = parser.parse_args()
    if not options.hetscope.exists():
        parser.error(f"{options.hetscope} is not there: build it, or give --hetscope")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs", flush=True)
    with tempfile.TemporaryDirectory(prefix="hetscope numbers ") as temporary:
        folder = options.keep or pathlib.Path(temporary)
        runs, page = folder / "report", folder / "report.html"
        size = make(options.records, runs)
        elapsed, cpu, memory, _ = min((timed([options.hetscope, "report", runs, "--out", page]) for _ in range(3)), key=lambda result: result[0])
        print(f"{options.records} records ({size / 1e6:.0f} MB) to HTML, best of 3 ({cpu:.2f} s of CPU)")
        line("HTML: time", elapsed, 2, "s")
        line("HTML: memory", memory, 300, "MB")
        line("HTML: file", page.stat().st_size / 1e6, 6, "MB")
        in_browser(page)

        half = options.compare // 2
        size = make(half, folder / "base", "--sessions", "5") + make(half, folder / "candidate", "--sessions", "5", "--factor", "1.05")
        elapsed, cpu, memory, said = timed([options.hetscope, "compare", folder / "base", folder / "candidate", "--stored"])
        print(f"{2 * half} records ({size / 1e9:.2f} GB) compared by stored intervals ({cpu:.1f} s of CPU)")
        print("  " + " / ".join(said.strip().splitlines()))
        line("compare: time", elapsed, 30, "s")
        line("compare: memory", memory / 1024, 3, "GB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
