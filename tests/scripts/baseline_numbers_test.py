#!/usr/bin/env python3
"""What scripts/baseline_numbers.py makes of records, on records whose answer is known."""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("baseline_numbers", ROOT / "scripts/baseline_numbers.py")
baseline_numbers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(baseline_numbers)


def record(kernel, nanoseconds, exchange=0, status="ok", model="a", threads=2):
    ours = {"median_ns": nanoseconds, "rounds": [0, 1], "iterations": [1, 2],
            "totals_ns": [nanoseconds, 2 * nanoseconds]}
    theirs = {**ours, "totals_ns": [total - exchange for total in ours["totals_ns"]]}
    return {"operation": "model_inference", "kernel": kernel, "status": status,
            "axes": {"model": model, "precision": "f32", "threads": threads},
            "reason": "" if status == "ok" else "because",
            "latencies": {"host_monotonic": ours, "framework_call": theirs} if status in ("ok", "unstable") else {}}


class BaselineNumbers(unittest.TestCase):
    def report_of(self, records):
        with tempfile.TemporaryDirectory() as name:
            rows = pathlib.Path(name) / "records.jsonl"
            rows.write_text("".join(json.dumps(entry) + "\n" for entry in records))
            pathlib.Path(name, "run.json").write_text('{"started_at": "2026-01-01T00:00:00Z"}')
            os.utime(rows, (1767225600 + 90, 1767225600 + 90))
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                baseline_numbers.report(name)
            return output.getvalue()

    def test_times_are_over_onnxruntimes(self):
        text = self.report_of([record("onnxruntime", 4e6), record("mnn", 2e6), record("tvm", 8e6, status="unstable"),
                               record("ncnn", 0, status="skipped"), record("onnxruntime", 1e6, model="b"),
                               record("mnn", 2e6, model="b")])
        self.assertIn("| a | 1.00 | 0.50 | 2.00? | skipped |", text)
        self.assertIn("mnn: 2 of 2 models; geometric mean of the times over onnxruntime's 1.00", text)
        self.assertIn("- a, ncnn: skipped: because", text)

    def test_the_exchange_is_a_share_of_a_sample(self):
        text = self.report_of([record("onnxruntime", 4e6, exchange=40e3), record("mnn", 2e6, exchange=80e3)])
        self.assertIn("| <= 1 % | median 0.20 %, largest 0.27 % of 2 rows |", text)
        self.assertIn("| <= 15 min | 1.5 min |", text)

    def test_without_onnxruntime_times_are_printed(self):
        text = self.report_of([record("onnxruntime", 0, status="failed"), record("mnn", 2e6)])
        self.assertIn("| a | failed | 2.00 ms |", text)

    def test_what_differs_is_told(self):
        text = self.report_of([record("onnxruntime", 4e6), record("mnn", 2e6), record("onnxruntime", 8e6, threads=1),
                               record("mnn", 2e6, threads=1)])
        self.assertIn("| a threads=2 | 1.00 | 0.50 |", text)
        self.assertIn("| a threads=1 | 1.00 | 0.25 |", text)

    def test_other_records_are_an_error(self):
        with self.assertRaises(SystemExit):
            self.report_of([])


if __name__ == "__main__":
    unittest.main()
