#!/usr/bin/env python3
"""Prints how frameworks compare on this machine, and what measuring them through a process of their own costs.

usage: scripts/baseline_numbers.py [--full] [--build DIR] [--out DIR] [--records DIR] [--filter RE]

Runs scenarios/curated/baselines/small.json, with --full full.json, whose largest models need 10 GB of disk and a night
(or reads the records of an earlier run of either) and prints

  models      per model the time of each framework over ONNX Runtime's, round by round, '?' where a row did not settle;
              a row that is not measured has its status and, below, its reason
  exchange    what a request and its answer add to a sample, the framework's own clock beside ours, of the shortest
              sample: 30 ms, six inferences of 5 ms
  wall time   from the start of the run to its last row, by the time of the file
"""

import collections
import datetime
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import geometric_mean, ratio, records_of, row  # noqa: E402
from scenario_run import ROOT, parser_of, records_at  # noqa: E402

SCENARIOS = ROOT / "scenarios/curated/baselines"
BASELINE = "onnxruntime"
SAMPLE_NS = 30e6  # kLeastSampleNs of harness/baseline/baseline_runnable.cpp
MEASURED = ("ok", "unstable")


def is_measured(record):
    return record["status"] in MEASURED and "host_monotonic" in record["latencies"]


def exchange_ns(record):
    """The median over samples of what the host's clock has more than the framework's own."""
    clocks = record["latencies"]
    # Records of before 2026-11-22 have the framework's name for its clock.
    ours, theirs = clocks["host_monotonic"], clocks.get("framework_call", clocks.get(record["kernel"]))
    if theirs is None:
        return None
    return statistics.median(a - b for a, b in zip(ours["totals_ns"], theirs["totals_ns"]))


def cell(group, name):
    record = group.get(name)
    if record is None:
        return ""
    if not is_measured(record):
        return record["status"]
    mark = "?" if record["status"] == "unstable" else ""
    base = group.get(BASELINE)
    if base is None or not is_measured(base):
        return f"{record['latencies']['host_monotonic']['median_ns'] / 1e6:.2f} ms{mark}"
    return f"{ratio(record, base):.2f}{mark}"


def report(directory):
    groups, names = collections.defaultdict(dict), []
    for record in records_of(directory, "model_inference"):
        axes = record["axes"]
        groups[(axes["model"], axes["precision"], axes["threads"])][record["kernel"]] = record
        if record["kernel"] not in names:
            names.append(record["kernel"])
    if not groups:
        sys.exit(f"{directory}: no record of model_inference")
    # What all have in common says nothing.
    told = [place for place in range(3) if place == 0 or len({key[place] for key in groups}) > 1]
    groups = {" ".join(("", "", "threads=")[place] + str(key[place]) for place in told): group
              for key, group in groups.items()}
    print("| model | " + " | ".join(names) + " |\n|---|" + "---:|" * len(names))
    for model, group in groups.items():
        print(f"| {model} | " + " | ".join(cell(group, name) for name in names) + " |")
    for name in names:
        ratios = [ratio(group[name], group[BASELINE]) for group in groups.values()
                  if {name, BASELINE} <= group.keys() and is_measured(group[name]) and is_measured(group[BASELINE])]
        if ratios:
            print(f"\n{name}: {len(ratios)} of {len(groups)} models; geometric mean of the times over {BASELINE}'s "
                  f"{geometric_mean(ratios):.2f}")
    print()
    for model, group in groups.items():
        for name, record in group.items():
            if record["status"] != "ok":
                print(f"- {model}, {name}: {record['status']}: {record['reason'][:200]}")
    print("\n| what | asked | measured |\n|---|---|---|")
    shares = [exchange / SAMPLE_NS for group in groups.values() for record in group.values()
              if is_measured(record) and (exchange := exchange_ns(record)) is not None]
    if shares:
        row("exchange, of a sample of 30 ms", "<= 1 %",
            f"median {100 * statistics.median(shares):.2f} %, largest {100 * max(shares):.2f} % of {len(shares)} rows")
    run = pathlib.Path(directory) / "run.json"
    begin = datetime.datetime.fromisoformat(json.loads(run.read_text())["started_at"].replace("Z", "+00:00"))
    end = run.with_name("records.jsonl").stat().st_mtime
    row("from the start to the last row", "<= 15 min", f"{(end - begin.timestamp()) / 60:.1f} min")


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--full", action="store_true", help="run full.json")
    options = parser.parse_args()
    with records_at(options, [SCENARIOS / ("full.json" if options.full else "small.json")]) as directory:
        report(directory)


if __name__ == "__main__":
    main()
