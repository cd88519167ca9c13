#!/usr/bin/env python3
"""Prints what dividing products or convolutions between two processors gains on this machine, beside what is asked.

usage: scripts/split_numbers.py [--build DIR] [--scenario FILE] [--out DIR] [--records DIR] [--filter RE]
                                [--statistic NAME] [--search M,K,N | MODEL/LAYER | MODEL]... [--budget S]

Runs scenarios/curated/split/sweep.json (or FILE, as convolutions.json beside it; or reads the records of an earlier run)
and prints, product by product or layer by layer:

  solo             the best kernel of each processor alone, and of the native CPU on all its cores
  ideal            1 / (1/T_first + 1/T_second) of the two that the split uses
  split            the fastest ratio and sharing of the sweep, and how much of the ideal it reaches
  native           its time over that of the CPU on all cores, round by round, with a 95 % interval over rounds, and the
                   verdict: GO below 1 by more than the margin, NO-GO above, UNCLEAR else, also where the rows'
                   statistic says otherwise (on a busy machine)
  where it went    shares of the split's own stages

and from the smallest product what dividing costs, by sharing and sync, a run shared by both:

  added            over the slower of the plain kernels, each alone with its half of the rows, where many launches share
                   one sync: with OpenCL's hand-over and sync of every run
  orchestration    the same where the device's side is OpenCL's own launch, hand-over of as many bytes and sync, every run
  host beside      over the whole product on the device through the same calls (ratio 0), or native

The fastest of many ratios flatters itself. --search finds the ratio by golden section instead, each step relative to the
first processor alone in the same rounds, and measures it again beside the ends that the search left, in a run of its own:
of a product M,K,N, of a layer of scenarios/shapes/conv or gemm, or of all layers of a MODEL there, one after the other.
How long that takes at most is printed first, and each row when it is found. With --out the same command goes on where it
was stopped.
"""

import collections
import json
import math
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ratio_search import confirmation, golden_section  # noqa: E402
from record_ratios import HOST_CLOCK, has_time, times_by_round  # noqa: E402
from scenario_run import ROOT, parser_of, records_at, run_scenarios  # noqa: E402

# Each thread of PoCL's on a core of its own; other drivers do not know the variable.
AFFINE = {"POCL_AFFINITY": "1"}
SCENARIO = ROOT / "scenarios/curated/split/sweep.json"
CONVOLUTIONS = ROOT / "scenarios/curated/split/convolutions.json"
# Where the layers of models stand, which scenario divides them, and by which axis it takes them.
LAYERS = ((ROOT / "scenarios/shapes/conv", CONVOLUTIONS, "shape"), (ROOT / "scenarios/shapes/gemm", SCENARIO, "m,k,n"))
SPLITS = {"matmul": "matmul_split", "conv2d": "conv2d_split"}  # operation and the kernel that divides it
TINY_ROWS = 16  # a product of so few rows is there for what dividing costs
LONG_NS, LONG_SHARE = 20e6, 0.90
SHORT_NS, SHORT_SHARE = 2e6, 0.75
ORCHESTRATION_US = 20
MARGIN = 0.02
LEAST_ROUNDS = 5
SEARCH_STEPS = 6
SHARINGS = ["copy", "use_host_ptr"]


def read(directory):
    """{group: records with a latency}, and how many have none and why."""
    groups, refused = collections.defaultdict(list), collections.Counter()
    for line in (pathlib.Path(directory) / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["operation"] not in (*SPLITS, "transfer"):
            continue
        if has_time(record):
            groups[record["group"]].append(record)
        else:
            refused[f"{record['kernel']}: {record['status']}: {record['reason']}"] += 1
    return groups, refused


def time_ns(record):
    return record["latencies"][HOST_CLOCK]["p05_ns" if time_ns.statistic == "p05" else "median_ns"]


time_ns.statistic = "median"


def ratio_with_interval(above, below):
    """Time over time by rounds: median and its 95 % bootstrap interval, which fewer than LEAST_ROUNDS do not have."""
    first, second = times_by_round(above), times_by_round(below)
    ratios = [first[number] / second[number] for number in sorted(first.keys() & second.keys())]
    if not ratios:
        return math.nan, math.nan, math.nan
    if len(ratios) < LEAST_ROUNDS:
        return statistics.median(ratios), math.nan, math.nan
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


def share_of_first(record):
    return record["metrics"].get("share_of_first", {}).get("value", record["axes"]["ratio"])


def is_divided(record):
    """Whether both processors have a part; where cuts are at multiples of a unit, a small share comes to nothing."""
    return 0 < record["axes"]["ratio"] < 1 and 0 < share_of_first(record) < 1


def is_tiny(record):
    return record["axes"].get("m", math.inf) <= TINY_ROWS


def row_of(one):
    axes, (middle, low, high) = one["best"]["axes"], one["against_native"]
    first, second = (f"{time_ns(r) / 1e6:.2f}" for r in one["alone"])
    return (f"| {one['name']} | {first} | {second} | {one['ideal'] / 1e6:.2f} | {time_ns(one['best']) / 1e6:.2f} "
            f"({axes['ratio']:g}, {axes['split']}, {axes['sharing']}, {axes['sync']}) | {one['share']:.2f} | {one['speed_up']:.2f} | "
            f"{time_ns(one['native']) / 1e6:.2f} | {middle:.2f} [{low:.2f}, {high:.2f}] | "
            f"{verdict(low, high, time_ns(one['best']) / time_ns(one['native']))} | {stage_shares(one['best'])} |")


def print_header(*more):
    names = ("product m x k x n, or images by filters", "first alone, ms", "second alone, ms", "ideal, ms",
             "split, ms (ratio, sharing)", "share of ideal", "over the best alone", "native, all cores, ms",
             "split / native", "verdict", "where it went", *more)
    print(f"| {' | '.join(names)} |\n|---|---:|---:|---:|---|---:|---:|---:|---:|{'---|' * (len(names) - 9)}", flush=True)


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
    best = min(filter(is_divided, splits(records)), key=time_ns, default=None)
    if best is None:
        return None
    alone = [min(solos(records, name), key=time_ns, default=None) for name in best["processors"][:2]]
    native = min((r for r in records if r["processors"] == ["cpu"]), key=time_ns, default=None)
    if None in alone or native is None:
        return None
    ideal = 1 / sum(1 / time_ns(r) for r in alone)
    middle, low, high = ratio_with_interval(best, native)
    return {"name": name_of(best), "alone": alone, "native": native, "best": best, "ideal": ideal,
            "share": ideal / time_ns(best), "speed_up": min(map(time_ns, alone)) / time_ns(best),
            "against_native": (middle, low, high)}


def print_products(groups):
    print_header()
    found = [one for one in map(product, groups.values()) if one is not None and not is_tiny(one["best"])]
    for one in found:
        print(row_of(one))
    return found


def plain_ns(groups, processor, rows, like):
    """The fastest plain kernel on `processor` for `rows` rows of the product of the record `like`; None: no such row."""
    same = [r for records in groups.values() for r in solos(records, processor)
            if r["axes"].get("m") == rows and all(r["axes"][name] == like["axes"][name] for name in ("k", "n"))]
    return min(map(time_ns, same), default=None)


def transfer_ns(groups, like):
    """OpenCL's own launch, hand-over and sync, the way of the record `like` and with as many bytes; None: no such row."""
    # What is new for every run is the right operand, of f32.
    wanted = {"bytes": 4 * like["axes"]["k"] * like["axes"]["n"], "direction": "to_device",
              **{name: like["axes"][name] for name in ("sharing", "sync")}}
    same = [r for records in groups.values() for r in records
            if r["operation"] == "transfer" and r["processors"] == like["processors"][1:]
            and all(r["axes"].get(name) == value for name, value in wanted.items())]
    return min(map(time_ns, same), default=None)


def dividing_costs(groups):
    """Of each run of the smallest product that both share: (record, {what: (ns, ns of what it is compared with)})."""
    for records in groups.values():
        shared = [r for r in splits(records) if is_tiny(r)]
        for both in (r for r in shared if r["axes"]["ratio"] == 0.5):
            first, second = both["processors"][:2]
            rows = round(share_of_first(both) * both["axes"]["m"])
            host, device = plain_ns(groups, first, rows, both), plain_ns(groups, second, both["axes"]["m"] - rows, both)
            whole = min((time_ns(r) for r in shared if r["axes"]["ratio"] == 0 and r["processors"] == both["processors"]
                         and all(r["axes"][name] == both["axes"][name] for name in ("sharing", "sync"))), default=None)
            native = min(map(time_ns, solos(records, first)), default=None)
            beside = {"added": (host, device), "orchestration": (host, transfer_ns(groups, both)),
                      "host beside": (native, whole)}
            yield both, {what: (time_ns(both) - max(sides), sides[1])
                         for what, sides in beside.items() if None not in sides}


def print_costs(groups):
    asked = {"added": "-", "orchestration": f"<= {ORCHESTRATION_US} us", "host beside": "-"}
    for both, costs in dividing_costs(groups):
        way = f"{both['axes']['sharing']}, {both['axes']['sync']}"
        for what, limit in asked.items():
            measured = "no rows to compare with" if what not in costs else (
                f"{costs[what][0] / 1e3:.1f} us (the device's side alone {costs[what][1] / 1e3:.1f} us)")
            print(f"| {what}, {way} | {limit} | {measured} |")


def print_asked(found, groups):
    print("\n| what | asked | measured |\n|---|---|---|")
    for name, low, high, asked in ((f">= {LONG_NS / 1e6:g} ms", LONG_NS, math.inf, LONG_SHARE),
                                   (f"about {SHORT_NS / 1e6:g} ms", SHORT_NS / 2, SHORT_NS * 2, SHORT_SHARE)):
        shares = [one["share"] for one in found if low <= min(map(time_ns, one["alone"])) < high]
        print(f"| share of the ideal, work of {name} on the better processor | >= {asked:.2f} | "
              + (f"{min(shares):.2f} to {max(shares):.2f} ({len(shares)}) |" if shares else "nothing of that size |"))
    print_costs(groups)


class NotMeasured(Exception):
    """A search has no answer; why."""


def problems_of(text):
    """Of "M,K,N", "MODEL/LAYER" or "MODEL": (name, scenario that asks about such work, axes that say which) of each."""
    if re.fullmatch(r"\d+,\d+,\d+", text):
        return [(text, SCENARIO, {"m,k,n": [[int(word) for word in text.split(",")]]})]
    model, _, layer = text.partition("/")
    known = []
    for folder, scenario, axis in LAYERS:
        for path in sorted(folder.glob("*.json")):
            document = json.loads(path.read_text())
            names = list(dict.fromkeys(shape["layer"] for shape in document["shapes"]))
            if document["model"] != model:
                known.append(document["model"])
            elif layer in ("", *names):
                return [(f"{model}/{name}", scenario, {axis: {"file": str(path), "only": [name]}})
                        for name in names if layer in ("", name)]
            else:
                sys.exit(f"{model} has no layer '{layer}'; it has: {', '.join(names)}")
    sys.exit(f"'{text}' is no product M,K,N and no model; there are: {', '.join(known)}")


class Problem:
    """One product or layer whose best ratio is looked for; what is measured stays in a directory of its own."""

    def __init__(self, name, scenario, axes, options, out):
        self.name = name
        self.build, self.budget = options.build, options.budget
        self.directory = out / re.sub(r"[^\w.-]+", "_", name)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.template = json.loads(scenario.read_text())
        self.template["experiments"] = self.template["experiments"][:1]
        self.template["experiments"][0]["axes"].update({**axes, "sharing": SHARINGS})

    def scenario_of(self, ratios, step):
        self.template["experiments"][0]["axes"]["ratio"] = ratios
        path = self.directory / f"{step}.json"
        path.write_text(json.dumps({**self.template, "budget_s": self.budget}))
        return path

    def measure(self, ratios, step):
        """The records of `ratios` and of the processors alone, by a run of their own or the one that is there."""
        scenario, out = self.scenario_of(ratios, step), self.directory / step
        options = ("--resume",) if (out / "run.json").exists() else ()
        run_scenarios(self.build, [scenario], out, options=options, environment=AFFINE)
        groups, refused = read(out)
        records = next(iter(groups.values()), [])
        if not splits(records) or not solos(records, splits(records)[0]["processors"][0]):
            raise NotMeasured("; ".join(refused) or "neither a division nor the first processor alone has a time")
        return records


def search(measure, steps=SEARCH_STEPS):
    """(records of the confirmation, its verdict). `measure(ratios, step)` gives records, as Problem.measure() does."""
    taken = 0

    def relative(ratio):
        nonlocal taken
        taken += 1
        records = measure([round(ratio, 3)], f"step{taken}")
        alone = min(solos(records, splits(records)[0]["processors"][0]), key=time_ns)
        value = min(ratio_with_interval(r, alone)[0] for r in splits(records))
        print(f"  ratio {ratio:.3f}: {value:.3f} of the first processor alone", file=sys.stderr)
        return value

    best, low, high = (round(ratio, 3) for ratio in golden_section(relative, steps))
    records = measure([low, best, high], "confirm")
    fastest = {}
    for record in sorted(splits(records), key=time_ns):
        fastest.setdefault(record["axes"]["ratio"], record)
    if best not in fastest:
        raise NotMeasured(f"ratio {best:g} has no time in the run that was to confirm it")
    others = {ratio: ratio_with_interval(r, fastest[best]) for ratio, r in fastest.items() if ratio != best}
    return records, confirmation(others, MARGIN)


def minutes_of(build, scenarios):
    """What `hetscope list --estimate` says of them together."""
    command = [str(pathlib.Path(build) / "bin/hetscope"), "list", "--estimate", *map(str, scenarios)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"about ([\d.]+) minutes", result.stdout)
    if result.returncode != 0 or found is None:
        sys.exit(f"{' '.join(command[:3])} says: {result.stderr.strip() or result.stdout.strip()}")
    return float(found[1])


def search_all(options, out):
    problems = [Problem(*problem, options, out) for text in options.search for problem in problems_of(text)]
    minutes = (SEARCH_STEPS * minutes_of(options.build, [one.scenario_of([0.5], "step1") for one in problems])
               + minutes_of(options.build, [one.scenario_of([0, 0.5, 1], "confirm") for one in problems]))
    print(f"{len(problems)} searches of {SEARCH_STEPS} steps and a confirmation: at most {minutes:.0f} minutes, less what is "
          "there from before\n")
    print_header("is it the minimum?")
    for problem in problems:
        try:
            records, holds = search(problem.measure)
            one = product(records)
            if one is None:
                raise NotMeasured("a processor alone has no time, or the division gives all to one")
            print(f"{row_of(one)} {holds} |", flush=True)
        except NotMeasured as reason:
            print(f"| {problem.name} | not measured: {reason} |", flush=True)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--scenario", default=str(SCENARIO), help="what to run")
    parser.add_argument("--statistic", choices=("median", "p05"), default="median",
                        help="of a row's samples; p05 where other work disturbs")
    parser.add_argument("--search", action="append", default=[], metavar="M,K,N|MODEL/LAYER|MODEL")
    parser.add_argument("--budget", type=float, default=1, help="seconds for each case of a search")
    options = parser.parse_args()
    time_ns.statistic = options.statistic
    if options.search:
        with tempfile.TemporaryDirectory() as temporary:
            search_all(options, pathlib.Path(options.out or temporary))
        return
    with records_at(options, [options.scenario], environment=AFFINE) as directory:
        groups, refused = read(directory)
        found = print_products(groups)
        print_asked(found, groups)
        for reason, count in refused.items():
            print(f"\n{count} rows have no latency: {reason}")


if __name__ == "__main__":
    main()
