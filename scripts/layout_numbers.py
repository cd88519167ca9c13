#!/usr/bin/env python3
"""Prints what layout transforms reach on this machine beside memcpy and the libraries, and what is asked of them.

usage: scripts/layout_numbers.py [--build DIR] [--out DIR] [--records DIR] [--filter RE] [--statistic NAME]
                                 [--all | --opencl]

Runs scenarios/curated/layout_vs_peers.json (with the libraries of scripts/fetch_peers.sh where they are; or reads the
records of an earlier run) and prints, for tensors of at least 64 KiB, by element type and threads,

  of memcpy   bandwidth over that of memcpy of the same bytes (useful bytes: elements read, storage written, padding
              included; memcpy reads and writes the whole storage), round by round
  of peers    time of the fastest library of the group over ours, round by round

as geometric mean and worst, by transform, and every case that misses what is asked of f32, with what about it costs
time (docs/layout.md); and of the fastest library
at memcpy's bandwidth: what of peers would be if each case moved its bytes as memcpy does. A row without a latency is
left out and counted; so are unstable rows, which are not left out.

With --opencl it runs scenarios/curated/layout_opencl.json and prints, for each OpenCL device, of tensors of at least
4 MiB, the faster of the two OpenCL kernels by the device's own clock:

  of the native kernel  time of layout_transform_tiled (the host's clock) over that of OpenCL, round by round, on as many
                        cores; asked of a device that is a CPU
  of its own copy       useful bandwidth over that of copy_buffer of the same bytes in the same run; asked of a GPU
"""

import collections
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from record_ratios import (DEVICE_CLOCK, ELEMENT_BYTES, HOST_CLOCK, STATISTICS, geometric_mean,  # noqa: E402
                           has_time, print_doubts, ratio, records_of, row, time_ns)
from scenario_run import ROOT, parser_of, records_at  # noqa: E402

SCENARIO = ROOT / "scenarios/curated/layout_vs_peers.json"
OPENCL_SCENARIO = ROOT / "scenarios/curated/layout_opencl.json"
OURS = "layout_transform_tiled"
BOUND = "layout_transform_memcpy"
LIBRARIES = ("layout_transform_onednn", "layout_transform_eigen", "layout_transform_xnnpack")
OPENCL_KERNELS = ("layout_transform_buffer", "layout_transform_buffer_blocks")
SMALLEST_BYTES = 64 * 1024
SMALLEST_OPENCL_BYTES = 4 * 1024 * 1024
# Of what, asked of which kind of device, and how much of it.
OPENCL_QUESTIONS = (("the native kernel's speed", "the host's CPU", 0.4), ("its own copy's bandwidth", "a GPU", 0.8))
ASKED_OF_MEMCPY = (0.7, 0.85)  # of each case, of the geometric mean
ASKED_OF_PEERS = (1.0, 2.0)
ASKED_DTYPE = "f32"


def product(extents):
    result = 1
    for extent in extents:
        result *= extent
    return result


def tensor_bytes(record):
    axes = record["axes"]
    return product(axes["shape"]) * ELEMENT_BYTES[axes["dtype"]]


def kernel_of(record):
    return record["kernel"]


def kernel_and_processor_of(record):
    return record["kernel"], record["processors"][0]


def read(directory, member_of=kernel_of):
    """Groups as {member: record} of the rows with a latency, and how many rows have none or an unstable one."""
    groups, refused, unstable = collections.defaultdict(dict), collections.Counter(), 0
    for record in records_of(directory, "layout_transform"):
        if has_time(record):
            unstable += record["status"] == "unstable"
            groups[record["group"]][member_of(record)] = record
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


def lanes_of(layout):
    """Of a layout that packs channels by its name: 16 of NCHW16c; 1 of others."""
    match = re.fullmatch(r"NCHW(\d+)c|NC(\d+)HW\2", layout)
    return int(match[1] or match[2]) if match else 1


def kept_run(order):
    """How many of the last dimensions stay where they are."""
    kept = 0
    while kept < len(order) and order[-1 - kept] == len(order) - 1 - kept:
        kept += 1
    return kept


def trait_of(record):
    """What docs/layout.md gives as the reason why such a case is not as fast as memcpy."""
    axes = record["axes"]
    shape, width = axes["shape"], ELEMENT_BYTES[axes["dtype"]]
    if axes["from"].startswith("order:"):
        order = [int(dim) for dim in axes["to"].removeprefix("order:").split(",")]
        if kept := kept_run(order):
            return f"copies of runs of {product(shape[-kept:]) * width} bytes"
        source_row, target_row = shape[-1] * width, shape[-2] * width
    else:
        channels, area = shape[1], shape[2] * shape[3]
        lanes = max(lanes_of(axes["from"]), lanes_of(axes["to"]))
        if channels % lanes != 0:
            return f"a vector of {lanes} with {channels % lanes} channels"
        row = {"NCHW": area, "NHWC": channels}
        source_row, target_row = (row.get(axes[end], lanes) * width for end in ("from", "to"))
    for end, row_bytes in (("source", source_row), ("target", target_row)):
        if row_bytes % 1024 == 0:
            return f"{end} rows {row_bytes // 1024} KiB apart"
    for end, row_bytes in (("source", source_row), ("target", target_row)):
        if row_bytes % 64 != 0:
            return f"{end} rows of {row_bytes} bytes, no whole lines"
    return f"rows of {source_row} bytes turned into rows of {target_row}"


def name_of(record):
    axes = record["axes"]
    threads = f" threads={axes['threads']}" if "threads" in axes else ""
    return f"{'x'.join(map(str, axes['shape']))} {axes['dtype']} {transform_of(record)}{threads}"


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
            memcpy[key][name_of(ours)] = (transform_of(ours), value, trait_of(ours))
        if (value := of_peers(group)) is not None:
            peers[key][name_of(ours)] = (transform_of(ours), value[0], f"{value[1]}; {trait_of(ours)}")
    print("| what | asked | measured |\n|---|---|---|")
    for key in sorted(memcpy.keys() | peers.keys(), key=lambda key: (list(ELEMENT_BYTES).index(key[0]), key[1])):
        where = f"{key[0]}, {key[1]} thread{'s' if key[1] > 1 else ''}"
        if memcpy[key]:
            print_ratios(f"{where}: of memcpy's bandwidth", memcpy[key], ASKED_OF_MEMCPY, key[0])
        if peers[key]:
            print_ratios(f"{where}: of the fastest library", peers[key], ASKED_OF_PEERS, key[0])
        if both := memcpy[key].keys() & peers[key].keys():
            at_memcpy = geometric_mean([peers[key][name][1] / memcpy[key][name][1] for name in both])
            row(f"{where}: of the fastest library at memcpy's bandwidth, geometric mean of {len(both)}", "",
                f"{at_memcpy:.2f}")
    for what, ratios, asked in (("memcpy's bandwidth", memcpy, ASKED_OF_MEMCPY[0]),
                                ("the fastest library", peers, ASKED_OF_PEERS[0])):
        for key, values in ratios.items():
            for value, name, note in sorted(misses(values, asked)) if key[0] == ASKED_DTYPE or prints_all else ():
                print(f"below {asked} of {what}: {value:.2f} {name} ({note})")
    print_doubts(refused, unstable)


def opencl_devices(directory):
    """{name: what run.json says of it}, of the OpenCL devices."""
    processors = json.loads((pathlib.Path(directory) / "run.json").read_text())["processors"]
    return {facts["name"]: facts for facts in processors if facts["name"].startswith("opencl")}


def kind_of(facts):
    if facts["runs_on_host_cpu"]:
        return "the host's CPU"
    return "a GPU" if facts["kind"] == "gpu" else facts["kind"]


def device_time_ns(record):
    return time_ns(record, DEVICE_CLOCK)


def fastest_on(group, device):
    """The fastest OpenCL transform of a group on `device` by its own clock, or None."""
    return min((record for (kernel, where), record in group.items()
                if where == device and kernel in OPENCL_KERNELS and DEVICE_CLOCK in record["latencies"]
                and tensor_bytes(record) >= SMALLEST_OPENCL_BYTES), key=device_time_ns, default=None)


def copies_on(directory, device):
    """{bytes moved: record} of the device's own copies, which are groups of their own."""
    return {record["work"]["executed_bytes"]: record for record in records_of(directory, "copy")
            if record["processors"] == [device] and DEVICE_CLOCK in record["latencies"]}


def shares_on(device, facts, groups, copies):
    """{name: (transform, share, kernel)} of the native kernel on as many cores, and of the device's copy."""
    of_native, of_own_copy = {}, {}
    for group in groups:
        fastest = fastest_on(group, device)
        if fastest is None:
            continue
        name, note = name_of(fastest), fastest["kernel"].removeprefix("layout_transform_")
        native = next((record for (kernel, _), record in group.items() if kernel == OURS), None)
        if native is not None and native["axes"]["threads"] == facts["compute_units"]:
            share = ratio(native, fastest, (HOST_CLOCK, DEVICE_CLOCK))
            of_native[name] = (transform_of(fastest), share, note)
        if (copy := copies.get(fastest["work"]["executed_bytes"])) is not None:
            of_own_copy[name] = (transform_of(fastest), device_time_ns(copy) / device_time_ns(fastest), note)
    return of_native, of_own_copy


def opencl_report(directory):
    groups, refused, unstable = read(directory, kernel_and_processor_of)
    devices = opencl_devices(directory)
    missed, answered = [], set()
    print("| what | asked | measured |\n|---|---|---|")
    for device, facts in devices.items():
        shares = shares_on(device, facts, groups.values(), copies_on(directory, device))
        kind = kind_of(facts)
        for (what, asked_kind, asked), ratios in zip(OPENCL_QUESTIONS, shares):
            if not ratios:
                continue
            is_asked = kind == asked_kind
            print_ratios(f"{device}, {kind}: of {what}", ratios, (asked if is_asked else None, None), ASKED_DTYPE)
            if is_asked:
                answered.add(what)
                missed += [(asked, f"{device}: of {what}", *miss) for miss in sorted(misses(ratios, asked))]
    for what, asked_kind, asked in OPENCL_QUESTIONS:
        if what not in answered:
            row(f"OpenCL: of {what}", f">= {asked}", f"not testable here: no rows on {asked_kind} that answer it")
    for asked, what, value, name, note in missed:
        print(f"below {asked}, {what}: {value:.2f} {name} {note}")
    print_doubts(refused, unstable)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--statistic", choices=STATISTICS, default="rounds",
                        help="rounds: median of the ratios of each round; p05: ratio of the 5th percentiles, which "
                             "leaves out what others on a busy machine took")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--all", action="store_true", help="also the misses of other element types than f32")
    mode.add_argument("--opencl", action="store_true", help="OpenCL beside the native kernel and the device's copy")
    arguments = parser.parse_args()
    ratio.statistic = arguments.statistic
    scenario = OPENCL_SCENARIO if arguments.opencl else SCENARIO
    with records_at(arguments, [scenario], ["--no-roofs"]) as directory:
        if arguments.opencl:
            opencl_report(directory)
        else:
            report(directory, arguments.all)


if __name__ == "__main__":
    main()
