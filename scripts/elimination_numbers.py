#!/usr/bin/env python3
"""What is left of a producer-consumer pair when its Fixed operator goes (SmartMem, table 5), as time ratios.

  scripts/elimination_numbers.py --out out/elimination
  scripts/elimination_numbers.py --records out/elimination

Runs scenarios/curated/smartmem/elimination.json (or reads the records of an earlier run) and prints, for each pair on
each processor, the time of each method over that of op_by_op in the same rounds, by rounds (median) and, in brackets, by
5th percentiles; then how many pairs with a Fixed operator are faster when it is folded, and those that are not.
"""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import geometric_mean, has_time, ratio, records_of  # noqa: E402
from scenario_run import ROOT, parser_of, records_at  # noqa: E402

SCENARIO = ROOT / "scenarios/curated/smartmem/elimination.json"
BASELINE = "op_by_op"
METHODS = ("gather_naive", "gather_simplified", "folded", "fused")


def method_of(record):
    return record["kernel"].removeprefix("operator_pair_").removesuffix("_buffer")


def read(directory):
    """Groups as {method: record} of the rows with a latency, and why others have none."""
    groups, refused = collections.defaultdict(dict), collections.Counter()
    for record in records_of(directory, "operator_pair"):
        if has_time(record):
            groups[record["group"]][method_of(record)] = record
        else:
            refused[f"{method_of(record)}: {record['status']}: {record['reason']}"] += 1
    return groups, refused


def by(statistic, above, below):
    ratio.statistic = statistic
    return ratio(above, below)


def name_of(record):
    axes = record["axes"]
    shape = "x".join(map(str, axes["shape"]))
    return f"{','.join(record['processors'])}: {shape} {axes['first']} -> {axes['second']}"


def cell(group, method):
    if method not in group:
        return ""
    first, second = (by(statistic, group[method], group[BASELINE]) for statistic in ("rounds", "p05"))
    return f"{first:.2f} ({second:.2f})"


def index_cost(group):
    """Divisions and remainders for each element of the result, by method."""
    return ", ".join(f"{method} {group[method]['metrics']['div_mod_per_element']['value']:.3g}"
                     for method in (BASELINE, *METHODS) if method in group)


def compared(directory):
    """The groups that have a row to compare with, and why rows were left out."""
    groups, refused = read(directory)
    return [group for group in groups.values() if BASELINE in group], refused


def print_pairs(groups):
    print("| pair | cell | table 5 | " + " | ".join(METHODS) + " | divisions and remainders an element |")
    print("|---|---|---|" + "---:|" * len(METHODS) + "---|")
    for group in groups:
        base = group[BASELINE]
        notes = base["notes"]
        print(f"| {name_of(base)} | {notes['cell']} | {notes['table 5']} | "
              + " | ".join(cell(group, method) for method in METHODS) + f" | {index_cost(group)} |")


def print_folded(groups):
    """Of each processor, for how many pairs folding is faster, and those for which it is not."""
    folded = collections.defaultdict(dict)
    for group in groups:
        base = group[BASELINE]
        if "folded" in group:
            folded[",".join(base["processors"])][name_of(base)] = by("p05", group["folded"], base), by(
                "rounds", group["folded"], base)
    for processor, ratios in folded.items():
        values = [rounds for _, rounds in ratios.values()]
        faster = sum(p05 < 1 and rounds < 1 for p05, rounds in ratios.values())
        print(f"\n{processor}: folded is faster than {BASELINE} for {faster} of {len(ratios)} pairs by both statistics; "
              f"geometric mean of the times {geometric_mean(values):.2f}")
        for name, (p05, rounds) in ratios.items():
            if p05 >= 1 or rounds >= 1:
                print(f"not faster: {name}: {rounds:.2f} ({p05:.2f})")


def report(directory):
    groups, refused = compared(directory)
    if not groups:
        sys.exit(f"{directory}: no row of {BASELINE} to compare with")
    print_pairs(groups)
    print_folded(groups)
    for reason, count in refused.items():
        print(f"\nleft out, {count} rows: {reason}")


def main():
    with records_at(parser_of(__doc__).parse_args(), [SCENARIO]) as directory:
        report(directory)


if __name__ == "__main__":
    main()
