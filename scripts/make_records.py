#!/usr/bin/env python3
"""Made-up records in the shape of real ones, to try reports and comparisons on many of them.

usage: scripts/make_records.py N DIR [--sessions S] [--samples K] [--factor F] [--hostile]

Writes N records: one run in DIR, or with --sessions S runs DIR/session-1 ... that measured the same cases (N in all). No device ever
measured these numbers, and run.json, the device's name and the scenario say so. The same arguments write the same files.
"""

import argparse
import json
import pathlib
import random
import sys

SHAPES = ["1x64x56x56", "1x128x28x28", "1x256x14x14", "1x512x7x7", "1x3x224x224", "1x96x112x112", "1x320x64x64", "1x30x17x19"]
KERNELS = [("made_up_scalar", "cpu", 1.0), ("made_up_simd", "cpu", 0.4), ("made_up_buffer", "opencl:0", 0.9)]
# What one row in twenty is instead of ok, with its reason.
PROBLEMS = [
    ("unsupported", "needs C to be a multiple of 4"),
    ("unsupported", "an image of 20000x4 is larger than the device's 16384x16384"),
    ("skipped", "the run's budget of 60 s is spent"),
    ("failed", "the worker died of signal 11 (SIGSEGV)"),
    ("mismatch", "output 0 at 3,17: 0.25 instead of 0.5"),
]
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)> \u2028 \"quoted\" & 'so on'"
ROUND_SAMPLES = 10


class Pool:
    """Sample lists made once and used again and again: their numbers are noise whatever row they stand in."""

    def __init__(self, generator, samples):
        self.rounds = json.dumps([i // ROUND_SAMPLES for i in range(samples)], separators=(",", ":"))
        self.order = json.dumps([(i // ROUND_SAMPLES) % 3 for i in range(samples)], separators=(",", ":"))
        self.iterations = json.dumps([10] * samples, separators=(",", ":"))
        self.noises = []
        for _ in range(64):
            drift = [generator.gauss(0, 0.004) for _ in range(samples // ROUND_SAMPLES + 1)]
            self.noises.append([1 + drift[i // ROUND_SAMPLES] + abs(generator.gauss(0, 0.003)) for i in range(samples)])

    def latency(self, generator, median_ns):
        noise = generator.choice(self.noises)
        totals = ",".join("%d" % (10 * median_ns * factor) for factor in noise)
        return (
            '{"median_ns":%.1f,"p05_ns":%.1f,"p95_ns":%.1f,"mean_ns":%.1f,"ci95_ns":[%.1f,%.1f],"n":%d,"effective_n":%d,'
            '"converged":true,"steady":true,"stop_rule":"median-ci/2","discarded":0,"rounds":%s,"order":%s,'
            '"iterations":%s,"totals_ns":[%s]}'
            % (median_ns, median_ns * 0.995, median_ns * 1.012, median_ns * 1.002, median_ns * 0.997, median_ns * 1.003,
               len(noise), max(30, len(noise) // 2), self.rounds, self.order, self.iterations, totals))


def cases(count):
    """(case words, group, kernel number, seed of its level) of `count` rows, in groups of one row per kernel."""
    for index in range(count):
        number, kernel = divmod(index, len(KERNELS))
        shape = SHAPES[number % len(SHAPES)]
        words = "dtype=%s shape=%s threads=%d cache=%s variant=%d" % (
            ("f32", "f16", "i8")[number // 8 % 3], shape, 1 + number // 24 % 2, ("hot", "cold")[number // 48 % 2], number // 96)
        yield words, "layout_transform " + words, kernel, number


def record_line(row, session, pool, generator, options):
    words, group, kernel_number, number = row
    kernel, processor, share = KERNELS[kernel_number]
    case = "layout_transform kernel=%s processor=%s %s" % (kernel, processor, words)
    baseline = "layout_transform kernel=%s processor=%s %s" % (KERNELS[0][0], KERNELS[0][1], words)
    device = HOSTILE if options.hostile else "made-up board"
    values = {axis: value for axis, value in (word.split("=") for word in words.split())}
    axes = {"dtype": values["dtype"], "shape": [int(extent) for extent in values["shape"].split("x")],
            "threads": int(values["threads"]), "cache": values["cache"], "variant": int(values["variant"])}
    has_problem = kernel_number > 0 and number % 20 == 7
    status, reason = PROBLEMS[number // 20 % len(PROBLEMS)] if has_problem else ("ok", "")
    if has_problem and options.hostile:
        reason += " " + HOSTILE
    elements = 1
    for extent in axes["shape"]:
        elements *= extent
    head = {"schema": "hetscope/record/1", "run_uuid": "00000000-0000-4000-8000-%012d" % session, "session": "made-up-%d" % session,
            "boot": "made-up-boot", "device": {"model": device, "unit": "made0000up%06d" % (session % 3)}, "case": case,
            "operation": "layout_transform", "kernel": kernel, "processors": [processor], "axes": axes, "group": group,
            "baseline_case": None if kernel_number == 0 else baseline, "scenario": "made-up", "status": status, "reason": reason,
            "verify": None if has_problem else {"max_abs_error": 0, "max_scaled_error": 0, "tolerance": {"atol": 0, "rtol": 0},
                                               "checked": elements}}
    clocks = ""
    level = elements * (0.8 + (number * 7919 % 100) / 100) * share * options.factor
    if not has_problem:
        level *= 1 + generator.gauss(0, 0.004)
        clocks = '"host_monotonic":' + pool.latency(generator, level)
        if processor != "cpu":
            clocks += ',"opencl_event":' + pool.latency(generator, level * 0.9)
    rate = 8 * elements / level
    tail = {"stages_ns": {}, "prepare": {"time_ns": 15300.5, "bytes": 4096},
            "energies": [{"value_j": None, "kind": "none", "meter": "none", "scope": None, "window_s": None, "runs": None,
                          "idle_w": None, "reason": "no meter: made up"}],
            "edp_js": None,
            "work": {"bytes": 8 * elements, "flops": 0, "executed_bytes": 8 * elements, "executed_flops": 0},
            "metrics": {} if has_problem else {
                "bandwidth": {"value": round(rate, 4), "unit": "GB/s"},
                "of_bandwidth_roof": {"value": round(rate / 40, 4), "unit": "1", "roof": "copy_bandwidth@" + processor}},
            "placement": [], "conditions": {"launch": "shell", "affinity": [0, 1], "freq_khz": {}, "temp_c": {},
                                            "load": round(generator.random() * 0.12, 4)}}
    return '%s,"clock":%s,"latencies":{%s},%s\n' % (
        json.dumps(head, separators=(",", ":"))[:-1], "null" if has_problem else '"host_monotonic"', clocks,
        json.dumps(tail, separators=(",", ":"))[1:])


def write_run(directory, count, session, pool, options):
    directory.mkdir(parents=True)
    generator = random.Random(session)
    run = {"schema": "hetscope/run/1", "run_uuid": "00000000-0000-4000-8000-%012d" % session,
           "started_at": "2000-01-01T00:00:00Z",
           "scenarios": [{"name": "made-up", "title": "Made-up records", "path": "scripts/make_records.py", "sha256": "",
                          "question": "None: these numbers were never measured. " + (HOSTILE if options.hostile else "")}],
           "host": {"device_model": HOSTILE if options.hostile else "made-up board", "cpu_model": "made up"},
           "processors": [{"name": "cpu", "kind": "cpu", "model": "made-up CPU", "runs_on_host_cpu": True, "details": {}},
                          {"name": "opencl:0", "kind": "gpu", "model": "made-up GPU", "runs_on_host_cpu": False, "details": {}}],
           "missing": [], "argv": ["hetscope", "run", "nothing", "--out", "nowhere"]}
    (directory / "run.json").write_text(json.dumps(run) + "\n")
    with open(directory / "records.jsonl", "w", encoding="utf-8", buffering=1 << 20) as file:
        for row in cases(count):
            file.write(record_line(row, session, pool, generator, options))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, metavar="N")
    parser.add_argument("directory", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--samples", type=int, default=60, help="of each clock")
    parser.add_argument("--factor", type=float, default=1.0, help="every time is multiplied by it")
    parser.add_argument("--hostile", action="store_true", help="names and reasons that try to be HTML and scripts")
    options = parser.parse_args()
    if options.count < 1 or options.sessions < 1 or options.samples < 1 or options.factor <= 0:
        parser.error("N, --sessions, --samples and --factor are above zero")
    if options.directory.exists():
        parser.error(f"{options.directory} is there already")
    pool = Pool(random.Random(1), options.samples)
    first_session = 1 + int.from_bytes(str(options.factor).encode(), "big") % 1000 * 1000
    for number in range(options.sessions):
        folder = options.directory / f"session-{number + 1}" if options.sessions > 1 else options.directory
        share = options.count // options.sessions + (1 if number < options.count % options.sessions else 0)
        write_run(folder, share, first_session + number, pool, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
