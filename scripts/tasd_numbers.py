#!/usr/bin/env python3
"""Prints what structured sparse products reach on this machine, beside what is asked of them.

usage: scripts/tasd_numbers.py [--build DIR] [--out DIR] [--records DIR] [--filter RE] [--statistic NAME] [--shapes]

Runs scenarios/curated/tasd/speedup.json and decompose.json (or reads the records of an earlier run) and prints

  speed-up         dense time / series time, round by round; dense is the fastest library of the group. Geometric mean
                   over all shapes, and the worst of those with K >= 512
  second term      what 2:4+2:8 takes beyond 2:4, over what its slots alone would take
  multiply-adds    rate of the executed multiply-adds of a series over that of compressed rows with the same blocking
  total time       compressed rows' time / series time: the rows lose nothing, the series is at its error
  all threads      speed-ups over dense of rows with more than one thread; all other lines are of one thread
  decomposition    bytes of the matrix in its own type a second, one thread; the slowest shape and sparsity. It is asked of
                   f32 alone

and which libraries computed the dense products, as far as they say so.

Energy-delay products, measured and modelled, are in the report of the same records (hetscope report).

Every shape counts once. A row without a latency is left out and counted; so are unstable rows, which
are not left out.
"""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import (ELEMENT_BYTES, STATISTICS, geometric_mean, has_time, print_doubts, ratio,  # noqa: E402
                           records_of, row, time_ns)
from scenario_run import ROOT, parser_of, records_at  # noqa: E402

SCENARIOS = [ROOT / "scenarios/curated/tasd" / name for name in ("speedup.json", "decompose.json")]
DENSE_LIBRARIES = ("sparse_matmul_openblas", "sparse_matmul_onednn", "sparse_matmul_onednn_primitive")
ASKED = {"1:8": (5.0, 3.5), "1:4": (3.2, 2.4), "2:8": (3.2, 2.4), "2:4": (1.6, 1.3), "4:8": (1.6, 1.3),
         "2:4+2:8": (1.1, None)}
LONG_K = 512
SECOND_TERM = 1.05
COMPRESSED_ROWS = "sparse_matmul_csr"
DECOMPOSED_SERIES = ("2:4", "2:8")
DECOMPOSED_GB_PER_S = 2


def variant_of(record):
    kernel = record["kernel"]
    return record["axes"]["series"] if kernel == "sparse_matmul_series" else kernel


def threads_of(record):
    return record["axes"].get("threads", 1)


def read(directory):
    """{threads: {shape: {variant: record}}} of the rows that have a latency, and how many have none or an unstable one."""
    threads = collections.defaultdict(lambda: collections.defaultdict(dict))
    refused, unstable = collections.Counter(), 0
    for record in records_of(directory, "sparse_matmul"):
        if has_time(record):
            unstable += record["status"] == "unstable"
            shapes = threads[threads_of(record)]
            shapes[tuple(record["axes"]["shape"])].setdefault(variant_of(record), record)
        else:
            refused[f"{variant_of(record)}: {record['status']}: {record['reason']}"] += 1
    return threads, refused, unstable


def compared(shapes, directory):
    """The shapes that have a dense product, each measured in the same rounds by all."""
    shapes = {shape: variants for shape, variants in shapes.items() if any(n in variants for n in DENSE_LIBRARIES)}
    for shape, variants in shapes.items():
        if len({record["group"] for record in variants.values()}) != 1:
            sys.exit(f"{directory}: {'x'.join(map(str, shape))} was not measured in the same rounds by all kernels")
    return shapes


def dense(variants):
    return min((variants[name] for name in DENSE_LIBRARIES if name in variants), key=time_ns)


def slots(series):
    return sum(int(n) / int(m) for n, m in (term.split(":") for term in series.split("+")))


def against_dense(shapes, series):
    return {shape: ratio(dense(variants), variants[series]) for shape, variants in shapes.items() if series in variants}


def speedups(shapes):
    for series, (mean, worst) in ASKED.items():
        ratios = against_dense(shapes, series)
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
        csr = variants.get(COMPRESSED_ROWS)
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


def total_time_against_compressed_rows(shapes):
    for series in ASKED:
        ratios = [ratio(variants[COMPRESSED_ROWS], variants[series]) for variants in shapes.values()
                  if series in variants and COMPRESSED_ROWS in variants]
        if ratios:
            row(f"{series} against compressed rows of the whole matrix, total time", "",
                f"faster in {sum(value > 1 for value in ratios)} of {len(ratios)} shapes, geometric mean "
                f"{geometric_mean(ratios):.2f}")


def all_threads(shapes, threads):
    means = []
    for series in ASKED:
        ratios = against_dense(shapes, series)
        if ratios:
            means.append(f"{series} {geometric_mean(ratios.values()):.2f} ({len(ratios)} shapes)")
    if means:
        row(f"all threads ({threads}): against dense, geometric mean", "", ", ".join(means))


def decomposition(directory):
    rates = collections.defaultdict(dict)
    for record in records_of(directory, "nm_decompose"):
        axes = record["axes"]
        if record["status"] == "ok" and threads_of(record) == 1:
            rows, cols = axes["shape"]
            where = f"{rows}x{cols}, sparsity {axes['sparsity']:g}"
            rates[axes["series"], axes["dtype"]][where] = ELEMENT_BYTES[axes["dtype"]] * rows * cols / time_ns(record)
    for series in DECOMPOSED_SERIES:
        for dtype in ELEMENT_BYTES:
            of_type = rates[series, dtype]
            if of_type:
                slowest = min(of_type, key=of_type.get)
                row(f"decomposition into {series}, {dtype}, GB/s", f">= {DECOMPOSED_GB_PER_S}" if dtype == "f32" else "",
                    f"{of_type[slowest]:.1f} at {slowest}, {max(of_type.values()):.1f} at best")


def print_libraries(by_threads):
    """What a placement says behind how the threads were pinned: which library and which of its code."""
    named = {placement["evidence"].rsplit("; ", 1)[1]
             for shapes in by_threads.values() for variants in shapes.values() for record in variants.values()
             if record["kernel"] in DENSE_LIBRARIES
             for placement in record.get("placement", []) if "; " in placement["evidence"]}
    if named:
        print(f"\nlibraries: {', '.join(sorted(named))}")


def print_shapes(shapes):
    names = [name for name in list(ASKED) + sorted({v for variants in shapes.values() for v in variants} - set(ASKED))]
    print("\n| m x k x n | dense, us | " + " | ".join(names) + " |\n|---|---:|" + "---:|" * len(names))
    for shape, variants in shapes.items():
        best = dense(variants)
        cells = [f"{ratio(best, variants[name]):.2f}" if name in variants else "" for name in names]
        print(f"| {'x'.join(map(str, shape))} | {time_ns(best) / 1e3:.0f} | " + " | ".join(cells) + " |")


def report(directory, with_shapes):
    threads, refused, unstable = read(directory)
    by_threads = {number: compared(shapes, directory) for number, shapes in sorted(threads.items())}
    shapes = by_threads.get(1, {})
    if not any(by_threads.values()):
        sys.exit(f"{directory}: no shape has a dense product to compare with")
    print("| what | asked | measured |\n|---|---|---|")
    speedups(shapes)
    second_term(shapes)
    against_compressed_rows(shapes)
    total_time_against_compressed_rows(shapes)
    for number, of_threads in by_threads.items():
        if number != 1:
            all_threads(of_threads, number)
    decomposition(directory)
    print_libraries(by_threads)
    print_doubts(refused, unstable)
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
