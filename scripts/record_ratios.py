"""Ratios of the times in a run's records, and the table that the *_numbers scripts print them in."""

import collections
import json
import math
import pathlib
import statistics

# What --statistic chooses from.
STATISTICS = ("rounds", "p05")


def records_of(directory, operation):
    for line in (pathlib.Path(directory) / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["operation"] == operation:
            yield record


def time_ns(record):
    return record["latencies"]["host_monotonic"]["p05_ns" if ratio.statistic == "p05" else "median_ns"]


def times_by_round(record):
    clock = record["latencies"]["host_monotonic"]
    rounds = collections.defaultdict(list)
    for number, iterations, total_ns in zip(clock["rounds"], clock["iterations"], clock["totals_ns"]):
        rounds[number].append(total_ns / iterations)
    return {number: statistics.median(values) for number, values in rounds.items()}


def ratio(above, below):
    """Time over time, formed round by round: what disturbs a round disturbs both."""
    first, second = times_by_round(above), times_by_round(below)
    shared = sorted(first.keys() & second.keys())
    if ratio.statistic == "p05" or not shared:
        return time_ns(above) / time_ns(below)
    return statistics.median(first[number] / second[number] for number in shared)


ratio.statistic = "rounds"


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def row(what, asked, measured):
    print(f"| {what} | {asked} | {measured} |")
