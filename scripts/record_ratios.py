"""Ratios of the times in a run's records, and the table that the *_numbers scripts print them in."""

import collections
import json
import math
import pathlib
import statistics

# What --statistic chooses from.
STATISTICS = ("rounds", "p05")
HOST_CLOCK = "host_monotonic"
DEVICE_CLOCK = "opencl_event"  # of the device itself; rows of host functions have none
ELEMENT_BYTES = {"f32": 4, "f16": 2, "i8": 1}


def records_of(directory, operation):
    for line in (pathlib.Path(directory) / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["operation"] == operation:
            yield record


def has_time(record):
    return record["status"] in ("ok", "unstable") and HOST_CLOCK in record["latencies"]


def time_ns(record, clock=HOST_CLOCK):
    return record["latencies"][clock]["p05_ns" if ratio.statistic == "p05" else "median_ns"]


def times_by_round(record, clock=HOST_CLOCK):
    """{round: median time of its samples}; a sample whose clock could not be read has none."""
    latency = record["latencies"][clock]
    rounds = collections.defaultdict(list)
    for number, iterations, total_ns in zip(latency["rounds"], latency["iterations"], latency["totals_ns"]):
        if total_ns is not None:
            rounds[number].append(total_ns / iterations)
    return {number: statistics.median(values) for number, values in rounds.items()}


def ratio(above, below, clocks=(HOST_CLOCK, HOST_CLOCK)):
    """Time over time, formed round by round: what disturbs a round disturbs both. `clocks`: of above and of below."""
    first, second = (times_by_round(record, clock) for record, clock in zip((above, below), clocks))
    shared = sorted(first.keys() & second.keys())
    if ratio.statistic == "p05" or not shared:
        return time_ns(above, clocks[0]) / time_ns(below, clocks[1])
    return statistics.median(first[number] / second[number] for number in shared)


ratio.statistic = "rounds"


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def row(what, asked, measured):
    print(f"| {what} | {asked} | {measured} |")


def print_doubts(refused, unstable):
    """`refused`: {why: rows without a time}; `unstable`: rows with one that has not settled."""
    if unstable:
        print(f"\n{unstable} rows are unstable: few samples, or a machine that was busy; they count all the same")
    for reason, count in refused.items():
        print(f"\nleft out, {count} rows: {reason}")
