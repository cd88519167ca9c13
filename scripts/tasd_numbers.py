#!/usr/bin/env python3
"""Prints what structured sparse products reach on this machine, beside what is asked of them.

usage: scripts/tasd_numbers.py [--build DIR] [--out DIR] [--records DIR] [--filter RE] [--statistic NAME] [--shapes]

Runs scenarios/curated/tasd/speedup.json and decompose.json (or reads the records of an earlier run) and prints

  speed-up         dense time / series time, round by round; dense is the fastest library of the group. Geometric mean
                   over all shapes, and the worst of those with K >= 512
  second term      what 2:4+2:8 takes beyond 2:4, over what its slots alone would take
  multiply-adds    rate of the executed multiply-adds of a series over that of compressed rows with the same blocking
  decomposition    bytes of the f32 matrix a second, one thread; the slowest shape and sparsity

Energy-delay products, measured and modelled, are in the report of the same records (hetscope report).

Every shape counts once. A row without a latency is left out and counted; so are unstable rows, which
are not left out.
"""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import STATISTICS, geometric_mean, ratio, records_of, row, time_ns  # noqa: E402
from scenario_run import ROOT, parser_of, records_at  # noqa: E402

SCENARIOS = [ROOT / "scenarios/curated/tasd" / name for name in ("speedup.json", "decompose.json")]
DENSE_LIBRARIES = ("sparse_matmul_openblas", "sparse_matmul_onednn", "sparse_matmul_onednn_primitive")
ASKED = {"1:8": (5.0, 3.5), "1:4": (3.2, 2.4), "2:8": (3.2, 2.4), "2:4": (1.6, 1.3), "4:8": (1.6, 1.3),
         "2:4+2:8": (1.1, None)}
LONG_K = 512
SECOND_TERM = 1.05
DECOMPOSED_SERIES = ("2:4", "2:8")
DECOMPOSED_GB_PER_S = 2


def variant_of(record):
    kernel = record["kernel"]
    return record["axes"]["series"] if kernel == "sparse_matmul_series" else kernel


def read(directory):
    """{shape: {variant: record}} of the rows that have a latency, and how many have none or an unstable one."""
    shapes, refused, unstable = collections.defaultdict(dict), collections.Counter(), 0
    for record in records_of(directory, "sparse_matmul"):
        if record["status"] == "ok" or (record["status"] == "unstable" and "host_monotonic" in record["latencies"]):
            unstable += record["status"] == "unstable"
            shapes[tuple(record["axes"]["shape"])].setdefault(variant_of(record), record)
        else:
            refused[f"{variant_of(record)}: {record['status']}: {record['reason']}"] += 1
    return shapes, refused, unstable


def dense(variants):
    return min((variants[name] for name in DENSE_LIBRARIES if name in variants), key=time_ns)


def slots(series):
    return sum(int(n) / int(m) for n, m in (term.split(":") for term in series.split("+")))


def speedups(shapes):
    for series, (mean, worst) in ASKED.items():
        ratios = {shape: ratio(dense(variants), variants[series])
                  for shape, variants in shapes.items() if series in variants}
        if not ratios:
            continue
        row(f"{series} against dense, geometric mean of {len(ratios)} shapes", f">= {mean}",
            f"{geometric_mean(ratios.values()):.2f}")
        long = {shape: ratio for shape, ratio in ratios.items() if shape[1] >= LONG_K}
        if worst and long:
            shape = min(long, key=long.get)
            row(f"{series} against dense, worst with K >= {LONG_K}", f">= {worst}",
                f"{long[shape]:.2f} at {'x'.join(map(str, shape))}")


def second_term(shapes):
    extra = {}
    for shape, variants in shapes.items():
        if "2:4" in variants and "2:4+2:8" in variants:
            extra[shape] = (ratio(variants["2:4+2:8"], variants["2:4"]) - 1) / (slots("2:8") / slots("2:4"))
    if extra:
        shape = max(extra, key=extra.get)
        within = sum(value <= SECOND_TERM for value in extra.values())
        row("second term 2:8 after 2:4, its time over its slots' share", f"<= {SECOND_TERM}",
            f"mean {sum(extra.values()) / len(extra):.2f}, {within} of {len(extra)} shapes within, worst "
            f"{extra[shape]:.2f} at {'x'.join(map(str, shape))}")


def against_compressed_rows(shapes):
    ratios = {}
    for shape, variants in shapes.items():
        csr = variants.get("sparse_matmul_csr")
        if csr is None or "density" not in csr["metrics"]:
            continue
        for series in set(ASKED) & set(variants):
            record = variants[series]
            if "executed_slots" not in record["metrics"]:
                continue
            more = record["metrics"]["executed_slots"]["value"] / csr["metrics"]["density"]["value"]
            ratios[shape, series] = more * ratio(csr, record)
    if ratios:
        shape, series = min(ratios, key=ratios.get)
        within = sum(value >= 1 for value in ratios.values())
        row("executed multiply-adds a second, series over compressed rows", ">= 1",
            f"mean {geometric_mean(ratios.values()):.2f}, {within} of {len(ratios)} at least 1, worst "
            f"{ratios[shape, series]:.2f} ({series} at {'x'.join(map(str, shape))})")


def decomposition(directory):
    rates = collections.defaultdict(dict)
    for record in records_of(directory, "nm_decompose"):
        axes = record["axes"]
        if record["status"] == "ok" and axes["dtype"] == "f32":
            rows, cols = axes["shape"]
            where = f"{rows}x{cols}, sparsity {axes['sparsity']:g}"
            rates[axes["series"]][where] = 4 * rows * cols / time_ns(record)
    for series in DECOMPOSED_SERIES:
        if rates[series]:
            slowest = min(rates[series], key=rates[series].get)
            row(f"decomposition into {series}, GB/s", f">= {DECOMPOSED_GB_PER_S}",
                f"{rates[series][slowest]:.1f} at {slowest}, {max(rates[series].values()):.1f} at best")


def print_shapes(shapes):
    names = [name for name in list(ASKED) + sorted({v for variants in shapes.values() for v in variants} - set(ASKED))]
    print("\n| m x k x n | dense, us | " + " | ".join(names) + " |\n|---|---:|" + "---:|" * len(names))
    for shape, variants in shapes.items():
        best = dense(variants)
        cells = [f"{ratio(best, variants[name]):.2f}" if name in variants else "" for name in names]
        print(f"| {'x'.join(map(str, shape))} | {time_ns(best) / 1e3:.0f} | " + " | ".join(cells) + " |")


def report(directory, with_shapes):
    shapes, refused, unstable = read(directory)
    shapes = {shape: variants for shape, variants in shapes.items() if any(n in variants for n in DENSE_LIBRARIES)}
    for shape, variants in shapes.items():
        if len({record["group"] for record in variants.values()}) != 1:
            sys.exit(f"{directory}: {'x'.join(map(str, shape))} was not measured in the same rounds by all kernels")
    if not shapes:
        sys.exit(f"{directory}: no shape has a dense product to compare with")
    print("| what | asked | measured |\n|---|---|---|")
    speedups(shapes)
    second_term(shapes)
    against_compressed_rows(shapes)
    decomposition(directory)
    if unstable:
        print(f"\n{unstable} rows are unstable: few samples, or a machine that was busy; they count all the same")
    for reason, count in refused.items():
        print(f"\nleft out, {count} rows: {reason}")
    if with_shapes:
        print_shapes(shapes)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--statistic", choices=STATISTICS, default="rounds",
                        help="rounds: median of the ratios of each round; p05: ratio of the 5th percentiles, which "
                             "leaves out what others on a busy machine took")
    parser.add_argument("--shapes", action="store_true", help="also each shape's speed-ups")
    arguments = parser.parse_args()
    ratio.statistic = arguments.statistic
    with records_at(arguments, SCENARIOS) as directory:
        report(directory, arguments.shapes)


if __name__ == "__main__":
    main()
