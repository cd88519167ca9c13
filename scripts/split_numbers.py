#!/usr/bin/env python3
"""Prints what dividing products or convolutions between two processors gains on this machine, beside what is asked.

usage: scripts/split_numbers.py [--build DIR] [--scenario FILE] [--out DIR] [--records DIR] [--filter RE]
                                [--statistic NAME] [--search M,K,N | --search MODEL/LAYER]... [--budget S]

Runs scenarios/curated/split/sweep.json (or FILE, as convolutions.json beside it; or reads the records of an earlier run)
and prints, product by product or layer by layer:

  solo             the best kernel of each processor alone, and of the native CPU on all its cores
  ideal            1 / (1/T_first + 1/T_second) of the two that the split uses
  split            the fastest ratio and sharing of the sweep, and how much of the ideal it reaches
  native           its time over that of the CPU on all cores, round by round, with a 95 % interval over rounds, and the
                   verdict: GO below 1 by more than the margin, NO-GO above, UNCLEAR else, also where the rows'
                   statistic says otherwise (on a busy machine)
  where it went    shares of the split's own stages

and from the smallest product what the orchestration costs beyond OpenCL's own launch, transfers and sync: a run shared
by both, less the slower of the device's part alone through the same calls and the native product alone.

The fastest of many ratios flatters itself. --search M,K,N, or --search MODEL/LAYER for a convolution of
scenarios/shapes/conv, finds the ratio by golden section instead, each step relative to the first processor alone in the
same rounds, and confirms the answer in a run of its own.
"""

import collections
import json
import math
import pathlib
import random
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import times_by_round  # noqa: E402
from scenario_run import ROOT, parser_of, records_at, run_scenarios  # noqa: E402

# Each thread of PoCL's on a core of its own; other drivers do not know the variable.
AFFINE = {"POCL_AFFINITY": "1"}
SCENARIO = ROOT / "scenarios/curated/split/sweep.json"
CONVOLUTIONS = ROOT / "scenarios/curated/split/convolutions.json"
CONVOLUTION_SHAPES = ROOT / "scenarios/shapes/conv"
SPLITS = {"matmul": "matmul_split", "conv2d": "conv2d_split"}  # operation and the kernel that divides it
TINY_ROWS = 16  # a product of so few rows is there for what dividing costs
LONG_NS, LONG_SHARE = 20e6, 0.90
SHORT_NS, SHORT_SHARE = 2e6, 0.75
ORCHESTRATION_US = 20
MARGIN = 0.02
GOLDEN = (math.sqrt(5) - 1) / 2
SEARCH_STEPS = 6


def read(directory):
    """{group: records with a latency}, and how many have none and why."""
    groups, refused = collections.defaultdict(list), collections.Counter()
    for line in (pathlib.Path(directory) / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["operation"] not in SPLITS:
            continue
        if record["status"] in ("ok", "unstable") and "host_monotonic" in record["latencies"]:
            groups[record["group"]].append(record)
        else:
            refused[f"{record['kernel']}: {record['status']}: {record['reason']}"] += 1
    return groups, refused


def time_ns(record):
    return record["latencies"]["host_monotonic"]["p05_ns" if time_ns.statistic == "p05" else "median_ns"]


time_ns.statistic = "median"


def ratio_with_interval(above, below):
    """Time over time by rounds: median and its 95 % bootstrap interval."""
    first, second = times_by_round(above), times_by_round(below)
    ratios = [first[number] / second[number] for number in sorted(first.keys() & second.keys())]
    if not ratios:
        return math.nan, math.nan, math.nan
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(ratios, k=len(ratios))) for _ in range(1000))
    return statistics.median(ratios), medians[25], medians[974]


def verdict(low, high, of_statistic):
    """`of_statistic`: the same ratio by the rows' statistic, which must say the same."""
    if high < 1 - MARGIN and of_statistic < 1 - MARGIN:
        return "GO"
    return "NO-GO" if low > 1 - MARGIN and of_statistic > 1 - MARGIN else "UNCLEAR"


def solos(records, processor):
    return [r for r in records if r["processors"] == [processor] and r["kernel"] not in SPLITS.values()]


def splits(records):
    return [r for r in records if r["kernel"] in SPLITS.values()]


def is_divided(record):
    """Whether both processors have a part; where cuts are at multiples of a unit, a small share comes to nothing."""
    share = record["metrics"].get("share_of_first", {}).get("value", record["axes"]["ratio"])
    return 0 < record["axes"]["ratio"] < 1 and 0 < share < 1


def is_tiny(record):
    return record["axes"].get("m", math.inf) <= TINY_ROWS


def stage_shares(record):
    stages = {name: ns for name, ns in record["stages_ns"].items() if not name.startswith("alone.")}
    total = sum(stages.values())
    return ", ".join(f"{name} {ns / total:.0%}" for name, ns in stages.items() if total and ns / total >= 0.005)


def name_of(record):
    axes = record["axes"]
    if "m" in axes:
        extents = "x".join(str(axes[name]) for name in ("m", "k", "n"))
    else:
        image, window = ("x".join(map(str, axes[name])) for name in ("shape", "window"))
        extents = f"{image} by {axes['filters']} of {window}, {axes['layout']}"
    return f"{axes['layer']} {extents}" if "layer" in axes else extents


def product(records):
    """What one group says, or None when a solo or every split is missing."""
    shared = splits(records)
    if not shared:
        return None
    first, second = shared[0]["processors"][:2]
    alone = [min(solos(records, name), key=time_ns, default=None) for name in (first, second)]
    native = min((r for r in records if r["processors"] == ["cpu"]), key=time_ns, default=None)
    real = [r for r in shared if is_divided(r)]
    if None in alone or native is None or not real:
        return None
    best = min(real, key=time_ns)
    ideal = 1 / sum(1 / time_ns(r) for r in alone)
    middle, low, high = ratio_with_interval(best, native)
    return {"name": name_of(best), "alone": alone, "native": native, "best": best, "ideal": ideal,
            "share": ideal / time_ns(best), "speed_up": min(map(time_ns, alone)) / time_ns(best),
            "against_native": (middle, low, high)}


def print_products(groups):
    print("| product m x k x n, or images by filters | first alone, ms | second alone, ms | ideal, ms | split, ms (ratio, sharing) | share of ideal | over the best "
          "alone | native, all cores, ms | split / native | verdict | where it went |")
    print("|---|---:|---:|---:|---|---:|---:|---:|---:|---|---|")
    found = []
    for records in groups.values():
        one = product(records)
        if one is None or is_tiny(one["best"]):
            continue
        found.append(one)
        axes, (middle, low, high) = one["best"]["axes"], one["against_native"]
        first, second = (f"{time_ns(r) / 1e6:.2f}" for r in one["alone"])
        print(f"| {one['name']} | {first} | {second} | {one['ideal'] / 1e6:.2f} | {time_ns(one['best']) / 1e6:.2f} "
              f"({axes['ratio']:g}, {axes['split']}, {axes['sharing']}, {axes['sync']}) | {one['share']:.2f} | {one['speed_up']:.2f} | "
              f"{time_ns(one['native']) / 1e6:.2f} | {middle:.2f} [{low:.2f}, {high:.2f}] | {verdict(low, high, time_ns(one['best']) / time_ns(one['native']))} | "
              f"{stage_shares(one['best'])} |")
    return found


def print_asked(found, groups):
    print("\n| what | asked | measured |\n|---|---|---|")
    for name, low, high, asked in ((f">= {LONG_NS / 1e6:g} ms", LONG_NS, math.inf, LONG_SHARE),
                                   (f"about {SHORT_NS / 1e6:g} ms", SHORT_NS / 2, SHORT_NS * 2, SHORT_SHARE)):
        shares = [one["share"] for one in found if low <= min(map(time_ns, one["alone"])) < high]
        print(f"| share of the ideal, work of {name} on the better processor | >= {asked:.2f} | "
              + (f"{min(shares):.2f} to {max(shares):.2f} ({len(shares)}) |" if shares else "nothing of that size |"))
    for records in groups.values():
        shared = splits(records)
        if not shared or not is_tiny(shared[0]):
            continue
        native = min(solos(records, shared[0]["processors"][0]), key=time_ns, default=None)
        for both in (r for r in shared if r["axes"]["ratio"] == 0.5):
            same = [r for r in shared if r["axes"]["ratio"] == 0 and r["axes"]["sharing"] == both["axes"]["sharing"]
                    and r["axes"]["sync"] == both["axes"]["sync"]]
            if not same or native is None:
                continue
            cost_us = (time_ns(both) - max(time_ns(same[0]), time_ns(native))) / 1e3
            print(f"| orchestration beyond OpenCL's own, {both['axes']['sharing']}, {both['axes']['sync']} | <= {ORCHESTRATION_US} us | "
                  f"{cost_us:.1f} us (OpenCL's own {time_ns(same[0]) / 1e3:.1f} us) |")


def problem_of(text):
    """Of "M,K,N" or "MODEL/LAYER": the scenario that asks about such work, and the axes that say which."""
    if "/" not in text:
        return SCENARIO, {"m,k,n": [[int(word) for word in text.split(",")]]}
    model, layer = text.split("/", 1)
    known = []
    for path in sorted(CONVOLUTION_SHAPES.glob("*.json")):
        document = json.loads(path.read_text())
        names = [shape["layer"] for shape in document["shapes"]]
        if document["model"] == model and layer in names:
            return CONVOLUTIONS, {"shape": {"file": str(path), "only": [layer]}}
        known += [f"{document['model']}/{name}" for name in names]
    sys.exit(f"there is no layer '{text}'; there are: {', '.join(known)}")


def search(build, text, budget, work):
    """Golden section over the ratio; prints the steps and the confirmation."""
    scenario, problem = problem_of(text)
    template = json.loads(scenario.read_text())
    experiment = template["experiments"][0]

    def measure(ratios, step):
        experiment["axes"].update({**problem, "ratio": ratios, "sharing": ["copy", "use_host_ptr"]})
        template.update({"experiments": [experiment], "budget_s": budget})
        path = work / f"step{step}.json"
        path.write_text(json.dumps(template))
        run_scenarios(build, [path], work / f"step{step}", environment=AFFINE)
        groups, _ = read(work / f"step{step}")
        return next(iter(groups.values()), [])

    steps = 0

    def relative(ratio):
        nonlocal steps
        steps += 1
        records = measure([round(ratio, 3)], steps)
        base = min(solos(records, experiment["together"][0][0]), key=time_ns)
        value = min(ratio_with_interval(r, base)[0] for r in splits(records))
        print(f"  ratio {ratio:.3f}: {value:.3f} of the first processor alone")
        return value

    print(f"golden section for {text}")
    low, high = 0.0, 1.0
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = relative(left), relative(right)
    while steps < SEARCH_STEPS:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = relative(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = relative(right)
    best = round(left if at_left < at_right else right, 3)
    print(f"confirmation of {best}, in rounds of its own:")
    print_products({"": measure([best], "confirm")})


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--scenario", default=str(SCENARIO), help="what to run")
    parser.add_argument("--statistic", choices=("median", "p05"), default="median",
                        help="of a row's samples; p05 where other work disturbs")
    parser.add_argument("--search", action="append", default=[], metavar="M,K,N|MODEL/LAYER")
    parser.add_argument("--budget", type=float, default=1, help="seconds for each case of a search")
    options = parser.parse_args()
    time_ns.statistic = options.statistic
    if options.search:
        with tempfile.TemporaryDirectory() as temporary:
            for number, text in enumerate(options.search):
                work = pathlib.Path(options.out or temporary) / f"search{number}"
                work.mkdir(parents=True)
                search(options.build, text, options.budget, work)
        return
    with records_at(options, [options.scenario], environment=AFFINE) as directory:
        groups, refused = read(directory)
        found = print_products(groups)
        print_asked(found, groups)
        for reason, count in refused.items():
            print(f"\n{count} rows have no latency: {reason}")


if __name__ == "__main__":
    main()
