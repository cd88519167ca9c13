#!/usr/bin/env python3
"""Tries the suite's verdicts on comparisons whose truth is known, and prints how often they were wrong.

usage: scripts/trust.sh [--short] [--out FILE] [--trials FILE]        (it builds what this script runs)

  A/A       a kernel against itself: FASTER and SLOWER are false              asked: <= 1 %, SAME >= 90 %
  A/B       a kernel against itself slowed by 5 % or 3 % (hetscope-trust      asked: SLOWER >= 95 %, >= 80 %
            spins for that share of each batch), 30 s each
  peer      the same launches' medians through Google Benchmark's compare.py (U test at 5 %)
  coverage  95 % intervals on synthetic samples of known median               asked: 93-97 %, dependent >= 92 %

Three kernels: the multiply-add peak (compute-bound), and copies within L2 and from memory. Rates have exact 95 % intervals
(Clopper and Pearson). Nothing here is skipped silently: a peer that is not installed is a line that says so.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

KERNELS = {
    "compute": ("multiply_add_peak", "multiply_add_peak_simd", "dtype=f32"),
    "L2": ("copy_bandwidth", "copy_bandwidth_memcpy", "bytes=262144"),
    "memory": ("copy_bandwidth", "copy_bandwidth_memcpy", "bytes=67108864"),
}
MARGIN = 0.02
PEER = pathlib.Path("/usr/share/benchmark/compare.py")
PEER_PYTHON = "/usr/bin/python3"  # the interpreter whose scipy is Debian's


def rate(program, successes, trials):
    """With its exact 95 % interval, by the suite's own function."""
    if trials == 0:
        return "no trial"
    text = subprocess.run([program, "rate", str(successes), str(trials)], capture_output=True, text=True, check=True).stdout
    low, high = map(float, text.split())
    return f"{100 * successes / trials:.1f} % ({successes} of {trials}; {100 * low:.1f} to {100 * high:.1f} %)"


def compare(program, kernel, slowed, budget_s, out):
    """One comparison of about `budget_s` at most; its pair of the JSON document, and the directory of its records."""
    operation, name, axes = KERNELS[kernel]
    candidate = f"{name}_slowed_{slowed}" if slowed else name
    command = [program, "ab", "--case", f"{operation} kernel={name} processor=cpu {axes} threads=1 cache=hot",
               "--a", f"kernel={name}", "--b", f"kernel={candidate}", "--budget", str(budget_s), "--margin", str(MARGIN),
               "--meter", "none", "--format", "json", "--out", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}: exit code {result.returncode}: {result.stderr.strip()}")
    return json.loads(result.stdout)["pairs"][0]


def google_benchmark_file(medians, path):
    """What --benchmark_out of as many repetitions would hold."""
    rows = [{"name": "BM_kernel", "run_name": "BM_kernel", "run_type": "iteration", "repetitions": len(medians),
             "repetition_index": index, "threads": 1, "iterations": 1, "real_time": value, "cpu_time": value,
             "time_unit": "ns", "family_index": 0, "per_family_instance_index": 0}
            for index, value in enumerate(medians)]
    path.write_text(json.dumps({"context": {}, "benchmarks": rows}))


def peer_verdict(out, directory):
    """compare.py's U test on the launches' medians: DIFFERENT or not, None where it cannot be run."""
    if not PEER.exists():
        return None
    sides = {False: [], True: []}
    for line in (out / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        latency = record["latencies"].get("host_monotonic")
        if latency:
            sides[record["baseline_case"] is not None].append(latency["median_ns"])
    files = [directory / "base.json", directory / "candidate.json"]
    for path, medians in zip(files, (sides[False], sides[True])):
        google_benchmark_file(medians, path)
    result = subprocess.run([PEER_PYTHON, str(PEER), "--no-color", "--dump_to_json", str(directory / "u.json"), "benchmarks",
                             *map(str, files)], capture_output=True, text=True, check=False,
                            env=dict(os.environ, PYTHONPATH=str(PEER.parent)))
    if result.returncode != 0:
        return None
    for row in json.loads((directory / "u.json").read_text()):
        test = row.get("utest")
        if test and "time_pvalue" in test:
            return test["time_pvalue"] < 0.05
    return None


class Trials:
    """Every finished comparison, in a file of JSON lines when one is named: an interrupted campaign goes on where it was."""

    def __init__(self, path, version):
        self.version = version
        self.file = None
        self.rows = {}
        if path is None:
            return
        path = pathlib.Path(path)
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        if lines and not lines[-1].endswith("\n"):
            lines.pop()  # killed in the middle of it
            path.write_text("".join(lines))
        for row in map(json.loads, lines):
            if row["version"] != version:
                sys.exit(f"{path}: its comparisons are of {row['version']}, this program is {version}; name another file")
            self.rows[row["label"], row["number"]] = row
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a")

    def add(self, row):
        self.rows[row["label"], row["number"]] = row
        if self.file:
            print(json.dumps(row), file=self.file, flush=True)


def run_trials(program, label, slowed, count, budget_s, directory, done, say):
    """`count` comparisons, the kernels in turn; verdicts by kernel, and the peer's."""
    verdicts = {kernel: collections.Counter() for kernel in KERNELS}
    peer = {kernel: collections.Counter() for kernel in KERNELS}
    for number in range(count):
        if (label, number) not in done.rows:
            kernel = list(KERNELS)[number % len(KERNELS)]
            out = directory / f"{label}-{number}"
            pair = compare(program, kernel, slowed, budget_s, out)
            done.add({"version": done.version, "label": label, "number": number, "kernel": kernel, "verdict": pair["verdict"],
                      "ratio": pair["ratios"][0]["ratio"] if pair["ratios"] else None, "launches": pair["launches"],
                      "peer": peer_verdict(out, directory), "load": round(os.getloadavg()[0], 2)})
            subprocess.run(["rm", "-rf", str(out)], check=True)
            say(json.dumps(done.rows[label, number]))
        row = done.rows[label, number]
        verdicts[row["kernel"]][row["verdict"]] += 1
        peer[row["kernel"]][row["peer"]] += 1
    return verdicts, peer


def table_of_verdicts(program, label, asked, verdicts, peer):
    lines = []
    total = collections.Counter()
    peer_total = collections.Counter()
    for kernel, counts in verdicts.items():
        total += counts
        peer_total += peer[kernel]
        lines.append((f"{label}, {kernel}", counts, peer[kernel]))
    lines.append((f"**{label}, all** (asked: {asked})", total, peer_total))
    text = ""
    for name, counts, others in lines:
        n = sum(counts.values())
        wrong = "FASTER or SLOWER" if label == "A/A" else "SLOWER"
        hits = counts["FASTER"] + counts["SLOWER"] if label == "A/A" else counts["SLOWER"]
        judged = others[True] + others[False]
        other = f"DIFFERENT {rate(program, others[True], judged)}" if judged else "gave no answer"
        text += (f"| {name} | {wrong} {rate(program, hits, n)} | SAME {rate(program, counts['SAME'], n)} | "
                 f"UNCLEAR {counts['UNCLEAR']}, FASTER {counts['FASTER']} | {other} |\n")
    return text


def coverage_table(program, count):
    rows = json.loads(subprocess.run([program, "coverage", str(count)], capture_output=True, text=True, check=True).stdout)
    text = "| series | held the truth | refused (effective size below 30) | samples, mean |\n|---|---|---|---:|\n"
    for row in rows:
        judged = row["trials"] - row["refused"]
        text += (f"| {row['series']} | {rate(program, row['covered'], judged)} | {row['refused']} of {row['trials']} | "
                 f"{row['mean_samples']:.0f} |\n")
    return text


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} at the beginning"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/hetscope-trust", help="hetscope-trust")
    parser.add_argument("--short", action="store_true", help="the nightly form, at most 15 minutes")
    parser.add_argument("--out", help="write the report (Markdown) here as well")
    parser.add_argument("--trials", help="keep every comparison in this file of JSON lines, and go on from what it holds")
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    aa, ab, synthetic = (36, 15, 400) if arguments.short else (300, 100, 2000)

    def say(text):
        print(text, file=sys.stderr, flush=True)

    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    done = Trials(arguments.trials, version)
    report = f"{datetime.date.today()} · {machine()} · {version}\n\n`scripts/trust.sh{' --short' if arguments.short else ''}`\n\n"
    report += f"Margin {100 * MARGIN:.0f} %, at most 30 s a comparison. Rates with exact 95 % intervals.\n\n"
    report += "| truth, kernel | decided | same | other | compare.py, U test at 5 % |\n|---|---|---|---|---|\n"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        report += table_of_verdicts(program, "A/A", "FASTER or SLOWER <= 1 %, SAME >= 90 %",
                                    *run_trials(program, "AA", 0, aa, 30, directory, done, say))
        for slowed, asked in ((5, "SLOWER >= 95 %"), (3, "SLOWER >= 80 %")):
            report += table_of_verdicts(program, f"A/B, {slowed} % slower", asked,
                                        *run_trials(program, f"AB{slowed}", slowed, ab, 30, directory, done, say))
    report += "\nIntervals of 95 % on synthetic samples (asked: 93 to 97 %; dependent samples of an effective size of 100 or more: at least 92 %):\n\n"
    report += coverage_table(program, synthetic)
    loads = sorted(row["load"] for row in done.rows.values())
    report += f"\nLoad of the machine beside the comparisons (1 is this measurement itself): median {loads[len(loads) // 2]}, highest {loads[-1]}.\n"
    print(report)
    if arguments.out:
        pathlib.Path(arguments.out).write_text("# How far the verdicts can be trusted\n\n" + report)


if __name__ == "__main__":
    main()
