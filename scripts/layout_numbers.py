#!/usr/bin/env python3
"""Prints what layout transforms reach on this machine beside memcpy and the libraries, and what is asked of them.

usage: scripts/layout_numbers.py [--build DIR] [--out DIR] [--records DIR] [--filter RE] [--statistic NAME]
                                 [--all]

Runs scenarios/curated/layout_vs_peers.json (with the libraries of scripts/fetch_peers.sh where they are; or reads the records of an earlier run) and prints, for tensors of at least
64 KiB, by element type and threads,

  of memcpy   bandwidth over that of memcpy of the same bytes (useful bytes: elements read, storage written, padding
              included; memcpy reads and writes the whole storage), round by round
  of peers    time of the fastest library of the group over ours, round by round

as geometric mean and worst, by transform, and every case that misses what is asked of f32. A row without a latency is
left out and counted; so are unstable rows, which are not left out.
"""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import STATISTICS, geometric_mean, ratio, records_of, row, time_ns  # noqa: E402
from scenario_run import ROOT, parser_of, records_at  # noqa: E402

SCENARIO = ROOT / "scenarios/curated/layout_vs_peers.json"
OURS = "layout_transform_tiled"
BOUND = "layout_transform_memcpy"
LIBRARIES = ("layout_transform_onednn", "layout_transform_eigen", "layout_transform_xnnpack")
SMALLEST_BYTES = 64 * 1024
ASKED_OF_MEMCPY = (0.7, 0.85)  # of each case, of the geometric mean
ASKED_OF_PEERS = (1.0, 2.0)
ASKED_DTYPE = "f32"
WIDTHS = {"f32": 4, "f16": 2, "i8": 1}


def product(extents):
    result = 1
    for extent in extents:
        result *= extent
    return result


def tensor_bytes(record):
    axes = record["axes"]
    return product(axes["shape"]) * WIDTHS[axes["dtype"]]


def read(directory):
    """Groups as {kernel: record} of the rows with a latency, and how many rows have none or an unstable one."""
    groups, refused, unstable = collections.defaultdict(dict), collections.Counter(), 0
    for record in records_of(directory, "layout_transform"):
        if record["status"] == "ok" or (record["status"] == "unstable" and "host_monotonic" in record["latencies"]):
            unstable += record["status"] == "unstable"
            groups[record["group"]][record["kernel"]] = record
        else:
            refused[f"{record['kernel']}: {record['status']}: {record['reason']}"] += 1
    return groups, refused, unstable


def of_memcpy(group):
    """Our bandwidth over memcpy's, or None."""
    if OURS not in group or BOUND not in group:
        return None
    ours, bound = group[OURS], group[BOUND]
    return ratio(bound, ours) * ours["work"]["bytes"] / bound["work"]["executed_bytes"]


def of_peers(group):
    """How many times as fast as the fastest library, and its name; or None."""
    peers = [group[name] for name in LIBRARIES if name in group]
    if OURS not in group or not peers:
        return None
    fastest = min(peers, key=time_ns)
    return ratio(fastest, group[OURS]), fastest["kernel"].removeprefix("layout_transform_")


def transform_of(record):
    return f"{record['axes']['from']} to {record['axes']['to']}"


def name_of(record):
    axes = record["axes"]
    return f"{'x'.join(map(str, axes['shape']))} {axes['dtype']} {transform_of(record)} threads={axes['threads']}"


def print_ratios(what, ratios, asked, dtype):
    """`ratios` of one element type and number of threads: {name: (transform, ratio, note)}."""
    each, mean = asked if dtype == ASKED_DTYPE else (None, None)
    worst = min(ratios, key=lambda name: ratios[name][1])
    row(f"{what}, geometric mean of {len(ratios)}", f">= {mean}" if mean else "",
        f"{geometric_mean([value for _, value, _ in ratios.values()]):.2f}")
    reached = f", {sum(value >= each for _, value, _ in ratios.values())} of {len(ratios)} reach it" if each else ""
    row(f"{what}, worst", f">= {each}" if each else "", f"{ratios[worst][1]:.2f} at {worst}{reached}")
    by_transform = collections.defaultdict(list)
    for transform, value, _ in ratios.values():
        by_transform[transform].append(value)
    for transform, values in by_transform.items():
        row(f"- {transform}", "", f"{geometric_mean(values):.2f} ({min(values):.2f} to {max(values):.2f})")


def misses(ratios, asked):
    return [(value, name, note) for name, (_, value, note) in ratios.items() if value < asked]


def report(directory, prints_all):
    groups, refused, unstable = read(directory)
    if not any(OURS in group for group in groups.values()):
        sys.exit(f"{directory}: no row of {OURS} to compare")
    memcpy, peers = collections.defaultdict(dict), collections.defaultdict(dict)
    for group in groups.values():
        if OURS not in group or tensor_bytes(group[OURS]) < SMALLEST_BYTES:
            continue
        ours = group[OURS]
        key = (ours["axes"]["dtype"], ours["axes"]["threads"])
        if (value := of_memcpy(group)) is not None:
            memcpy[key][name_of(ours)] = (transform_of(ours), value, "")
        if (value := of_peers(group)) is not None:
            peers[key][name_of(ours)] = (transform_of(ours), value[0], value[1])
    print("| what | asked | measured |\n|---|---|---|")
    for key in sorted(memcpy.keys() | peers.keys(), key=lambda key: (list(WIDTHS).index(key[0]), key[1])):
        where = f"{key[0]}, {key[1]} thread{'s' if key[1] > 1 else ''}"
        if memcpy[key]:
            print_ratios(f"{where}: of memcpy's bandwidth", memcpy[key], ASKED_OF_MEMCPY, key[0])
        if peers[key]:
            print_ratios(f"{where}: of the fastest library", peers[key], ASKED_OF_PEERS, key[0])
    for what, ratios, asked in (("memcpy's bandwidth", memcpy, ASKED_OF_MEMCPY[0]),
                                ("the fastest library", peers, ASKED_OF_PEERS[0])):
        for key, values in ratios.items():
            for value, name, note in sorted(misses(values, asked)) if key[0] == ASKED_DTYPE or prints_all else ():
                print(f"below {asked} of {what}: {value:.2f} {name} {note}".rstrip())
    if unstable:
        print(f"\n{unstable} rows are unstable: few samples, or a machine that was busy; they count all the same")
    for reason, count in refused.items():
        print(f"\nleft out, {count} rows: {reason}")


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--statistic", choices=STATISTICS, default="rounds",
                        help="rounds: median of the ratios of each round; p05: ratio of the 5th percentiles, which "
                             "leaves out what others on a busy machine took")
    parser.add_argument("--all", action="store_true", help="also the misses of other element types than f32")
    arguments = parser.parse_args()
    ratio.statistic = arguments.statistic
    with records_at(arguments, [SCENARIO], ["--no-roofs"]) as directory:
        report(directory, arguments.all)


if __name__ == "__main__":
    main()
