#!/usr/bin/env python3
"""Prints what the instrument itself costs, and how well it agrees with others, as measured here and now.

usage: scripts/instrument_numbers.py [--build DIR] [--rounds N]

  own cost        what Session adds to an execution of 10 us (hetscope doctor)           asked: <= 2 %
  list            whole-process time of `hetscope list` on the curated scenarios         asked: <= 100 ms
  agreement       medians of one CPU kernel by `hetscope run` and by `hetscope-gbench`,
                  the two programs in turn, as a ratio with its 95 % interval            asked: within 3 %
  roof            OpenBLAS sgemm 2048 as a share of the multiply-add roof of its run     asked: <= 1
"""

import argparse
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
KERNEL_CASES = [
    {"operation": "copy", "kernels": ["copy_memcpy"], "axes": {"dtype": ["f32"], "shape": [[1, 64, 56, 56]]}},
    {"operation": "layout_transform", "kernels": ["layout_transform_tiled"],
     "axes": {"dtype": ["f32"], "from": ["NCHW"], "to": ["NHWC"], "shape": [[1, 64, 56, 56]]}},
    {"operation": "multiply_add_peak", "kernels": ["multiply_add_peak_simd"], "axes": {"dtype": ["f32"]}},
]


def output_of(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1):
        sys.exit(f"{command[0]} exited with {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def median_interval(values, resamples=2000):
    """Percentile bootstrap of the median."""
    generator = random.Random(1)
    medians = sorted(statistics.median(generator.choices(values, k=len(values))) for _ in range(resamples))
    return medians[int(0.025 * resamples)], medians[int(0.975 * resamples) - 1]


def own_cost(binaries):
    line = next(line for line in output_of(binaries / "hetscope", "doctor").splitlines() if "instrument's cost" in line)
    return re.search(r"([-0-9.]+ %) of an execution", line).group(1)


def list_time_ms(binaries, runs=20):
    scenarios = sorted((ROOT / "scenarios/curated").rglob("*.json"))
    times = []
    for _ in range(runs):
        begin = time.monotonic()
        output_of(binaries / "hetscope", "list", *scenarios)
        times.append((time.monotonic() - begin) * 1e3)
    return statistics.median(times), max(times)


def agreement(binaries, experiment, rounds, directory):
    """Ratio of the medians, run over gbench, one pair per round in random order."""
    scenario = {"schema": "hetscope/scenario/1", "name": "agreement", "title": "agreement", "question": "do they agree?",
                "budget_s": 1, "roofs": False, "experiments": [dict(experiment, processors=["cpu"])]}
    path = directory / "agreement.json"
    path.write_text(json.dumps(scenario))

    def by_run(number):
        out = directory / f"run-{experiment['operation']}-{number}"
        output_of(binaries / "hetscope", "run", path, "--out", out)
        record = json.loads((out / "records.jsonl").read_text().splitlines()[-1])
        return record["latencies"]["host_monotonic"]["median_ns"]

    def by_gbench(_):
        text = output_of(binaries / "hetscope-gbench", path, "--benchmark_min_time=0.005", "--benchmark_repetitions=150",
                         "--benchmark_report_aggregates_only=true", "--benchmark_format=json")
        return next(entry["real_time"] for entry in json.loads(text)["benchmarks"]
                    if entry["aggregate_name"] == "median")

    ratios = []
    generator = random.Random(2)
    for number in range(rounds):
        programs = [by_run, by_gbench]
        generator.shuffle(programs)
        result = {program: program(number) for program in programs}
        ratios.append(result[by_run] / result[by_gbench])
    return statistics.median(ratios), median_interval(ratios)


def roof_shares(binaries, directory):
    out = directory / "roofs"
    output_of(binaries / "hetscope", "run", ROOT / "scenarios/curated/roofs.json", "--out", out)
    for line in (out / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["operation"] == "matmul":
            yield record["axes"]["threads"], record["status"], record["reason"], record["metrics"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build/release"), help="build directory")
    parser.add_argument("--rounds", type=int, default=15, help="pairs of programs for the agreement")
    arguments = parser.parse_args()
    binaries = pathlib.Path(arguments.build) / "bin"

    print("| what | asked | measured |\n|---|---|---|")
    print(f"| Session's cost for an execution of 10 us | <= 2 % | {own_cost(binaries)} |")
    middle, worst = list_time_ms(binaries)
    print(f"| `hetscope list` on the curated scenarios | <= 100 ms | median {middle:.0f} ms, slowest {worst:.0f} ms |")
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for experiment in KERNEL_CASES:
            ratio, (low, high) = agreement(binaries, experiment, arguments.rounds, directory)
            print(f"| {experiment['kernels'][0]}: hetscope run / hetscope-gbench | 0.97..1.03 | "
                  f"{ratio:.3f} [{low:.3f}, {high:.3f}] |", flush=True)
        for threads, status, reason, metrics in roof_shares(binaries, directory):
            share = metrics.get("of_compute_roof", {}).get("value")
            text = f"{share:.2f} ({metrics['flop_rate']['value']:.0f} GFLOP/s)" if share else f"{status}: {reason}"
            print(f"| OpenBLAS sgemm 2048, {threads} threads, of the multiply-add roof | <= 1 | {text} |")


if __name__ == "__main__":
    main()
