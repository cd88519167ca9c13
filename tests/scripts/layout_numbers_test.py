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
        self.assertIn("below 0.7 of memcpy's bandwidth: 0.50 1x64x56x56 f32 NCHW to NHWC threads=1", text)
        self.assertIn("below 1.0 of the fastest library: 0.90 1x64x56x56 f32 NCHW to NHWC threads=1 xnnpack", text)

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


if __name__ == "__main__":
    unittest.main()
