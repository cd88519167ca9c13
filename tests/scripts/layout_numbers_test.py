#!/usr/bin/env python3
"""What scripts/layout_numbers.py makes of records, on records whose answer is known."""

import contextlib
import importlib.util
import io
import json
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("layout_numbers", ROOT / "scripts/layout_numbers.py")
layout_numbers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(layout_numbers)

SHAPE = (1, 64, 56, 56)
BYTES = 4 * 64 * 56 * 56


def record(kernel, nanoseconds, shape=SHAPE, group="a group", status="ok", useful=2 * BYTES, executed=2 * BYTES):
    axes = {"shape": list(shape), "dtype": "f32", "from": "NCHW", "to": "NHWC", "threads": 1}
    return {"operation": "layout_transform", "kernel": f"layout_transform_{kernel}", "axes": axes, "status": status,
            "reason": "because", "group": group, "work": {"bytes": useful, "executed_bytes": executed},
            "latencies": {"host_monotonic": {"median_ns": nanoseconds, "p05_ns": nanoseconds, "rounds": [0, 1],
                                             "iterations": [1, 1], "totals_ns": [nanoseconds, nanoseconds]}}}


class LayoutNumbers(unittest.TestCase):
    def report_of(self, records):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "records.jsonl"
            path.write_text("".join(json.dumps(entry) + "\n" for entry in records))
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                layout_numbers.report(name, False)
            return output.getvalue()

    def test_the_fastest_library_counts(self):
        text = self.report_of([record("tiled", 100), record("memcpy", 80), record("onednn", 150), record("eigen", 120)])
        self.assertIn("| f32, 1 thread: of memcpy's bandwidth, geometric mean of 1 | >= 0.85 | 0.80 |", text)
        self.assertIn("| f32, 1 thread: of the fastest library, geometric mean of 1 | >= 2.0 | 1.20 |", text)
        self.assertNotIn("below", text)

    def test_memcpy_is_judged_by_the_bytes_that_it_moved(self):
        # A transform that writes padding reads fewer bytes than memcpy of what it wrote.
        text = self.report_of([record("tiled", 100, useful=150), record("memcpy", 100, useful=150, executed=200)])
        self.assertIn("of memcpy's bandwidth, geometric mean of 1 | >= 0.85 | 0.75 |", text)

    def test_misses_are_named(self):
        text = self.report_of([record("tiled", 100), record("memcpy", 50), record("xnnpack", 90)])
        name = "1x64x56x56 f32 NCHW to NHWC threads=1"
        trait = "rows of 12544 bytes turned into rows of 256"
        self.assertIn(f"below 0.7 of memcpy's bandwidth: 0.50 {name} ({trait})", text)
        self.assertIn(f"below 1.0 of the fastest library: 0.90 {name} (xnnpack; {trait})", text)

    def test_what_the_libraries_leave_is_told(self):
        text = self.report_of([record("tiled", 100), record("memcpy", 50), record("xnnpack", 90)])
        self.assertIn("at memcpy's bandwidth, geometric mean of 1 |  | 1.80 |", text)

    def test_what_about_a_case_costs_time(self):
        def trait(shape, source, target, dtype="f32"):
            return layout_numbers.trait_of({"axes": {"shape": shape, "from": source, "to": target, "dtype": dtype}})

        self.assertEqual(trait([1, 64, 32, 32], "NCHW", "NHWC"), "source rows 4 KiB apart")
        self.assertEqual(trait([1, 1024, 7, 7], "NCHW", "NHWC"), "target rows 4 KiB apart")
        self.assertEqual(trait([1, 64, 7, 7], "NHWC", "NCHW"), "target rows of 196 bytes, no whole lines")
        self.assertEqual(trait([1, 64, 56, 56], "NCHW16c", "NCHW"), "rows of 64 bytes turned into rows of 12544")
        self.assertEqual(trait([1, 3, 56, 56], "NC4HW4", "NCHW"), "a vector of 4 with 3 channels")
        self.assertEqual(trait([1, 64, 56, 56], "NC4HW4", "NCHW", "i8"), "source rows of 4 bytes, no whole lines")
        self.assertEqual(trait([8, 49, 32], "order:0,1,2", "order:0,2,1"), "target rows of 196 bytes, no whole lines")
        self.assertEqual(trait([1, 49, 3, 32], "order:0,1,2,3", "order:0,2,1,3", "f16"), "copies of runs of 64 bytes")

    def test_small_tensors_are_left_out_and_refused_rows_are_counted(self):
        small = (1, 4, 8, 8)
        text = self.report_of([record("tiled", 100), record("memcpy", 90),
                               record("tiled", 100, small, "small"), record("memcpy", 10, small, "small"),
                               record("eigen", 100, status="failed"), record("onednn", 200, status="unstable")])
        self.assertIn("geometric mean of 1 | >= 0.85 | 0.90 |", text)
        self.assertIn("1 rows are unstable", text)
        self.assertIn("left out, 1 rows: layout_transform_eigen: failed: because", text)

    def test_nothing_of_ours_is_an_error(self):
        with self.assertRaises(SystemExit):
            self.report_of([record("memcpy", 10)])


def latency(nanoseconds):
    return {"median_ns": nanoseconds, "p05_ns": nanoseconds, "rounds": [0, 1, 1], "iterations": [1, 1, 1],
            "totals_ns": [nanoseconds, nanoseconds, None]}


def native(nanoseconds, threads=2, shape=(1, 320, 64, 64)):
    one = record("tiled", nanoseconds, shape)
    return {**one, "processors": ["cpu"], "axes": {**one["axes"], "threads": threads},
            "latencies": {"host_monotonic": latency(nanoseconds)}}


def on_device(kernel, nanoseconds, device="opencl:0", shape=(1, 320, 64, 64), bytes_moved=100):
    one = record(kernel, nanoseconds, shape)
    del one["axes"]["threads"]
    # The host's clock sees ten times as much: it must not be what is read.
    return {**one, "processors": [device], "work": {"bytes": bytes_moved, "executed_bytes": bytes_moved},
            "latencies": {"host_monotonic": latency(10 * nanoseconds), "opencl_event": latency(nanoseconds)}}


def copy(nanoseconds, device="opencl:0", bytes_moved=100):
    one = on_device("", nanoseconds, device, bytes_moved=bytes_moved)
    return {**one, "operation": "copy", "kernel": "copy_buffer", "group": "a copy"}


class OpenClNumbers(unittest.TestCase):
    def report_of(self, records, devices=(("opencl:0", "cpu", True),)):
        processors = [{"name": name, "kind": kind, "runs_on_host_cpu": on_host, "compute_units": 2}
                      for name, kind, on_host in (("cpu", "cpu", True), *devices)]
        with tempfile.TemporaryDirectory() as name:
            (pathlib.Path(name) / "run.json").write_text(json.dumps({"processors": processors}))
            (pathlib.Path(name) / "records.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in records))
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                layout_numbers.opencl_report(name)
            return output.getvalue()

    def test_on_a_cpu_the_faster_kernel_counts_by_the_devices_clock(self):
        text = self.report_of([native(50), on_device("buffer", 200), on_device("buffer_blocks", 100), copy(60)])
        self.assertIn("| opencl:0, the host's CPU: of the native kernel's speed, worst | >= 0.4 | "
                      "0.50 at 1x320x64x64 f32 NCHW to NHWC, 1 of 1 reach it |", text)
        self.assertIn("| opencl:0, the host's CPU: of its own copy's bandwidth, worst |  | 0.60 at", text)
        self.assertIn("of its own copy's bandwidth | >= 0.8 | not testable here", text)
        self.assertNotIn("below", text)

    def test_a_gpu_is_asked_for_its_copys_bandwidth(self):
        text = self.report_of([native(50), on_device("buffer", 100, "opencl:1"), copy(70, "opencl:1"),
                               copy(10, "opencl:1", bytes_moved=50), copy(10)],
                              (("opencl:0", "cpu", True), ("opencl:1", "gpu", False)))
        self.assertIn("| opencl:1, a GPU: of its own copy's bandwidth, worst | >= 0.8 | 0.70 at", text)
        self.assertIn("below 0.8, opencl:1: of its own copy's bandwidth: 0.70 1x320x64x64 f32 NCHW to NHWC buffer", text)
        self.assertIn("of the native kernel's speed | >= 0.4 | not testable here", text)

    def test_other_numbers_of_cores_and_small_tensors_are_not_compared(self):
        for records in ([native(50, threads=1), on_device("buffer", 100)],
                        [native(50, shape=SHAPE), on_device("buffer", 100, shape=SHAPE)]):
            self.assertIn("of the native kernel's speed | >= 0.4 | not testable here", self.report_of(records))


if __name__ == "__main__":
    unittest.main()
