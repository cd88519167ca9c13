#!/usr/bin/env python3
"""What scripts/elimination_numbers.py makes of records, on records whose answer is known."""

import contextlib
import importlib.util
import io
import json
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("elimination_numbers", ROOT / "scripts/elimination_numbers.py")
elimination_numbers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(elimination_numbers)


def record(method, nanoseconds, p05_ns=None, first="transpose:1,0", group="a group", status="ok", processor="cpu"):
    suffix = "" if processor == "cpu" else "_buffer"
    latency = {"median_ns": nanoseconds, "p05_ns": p05_ns or nanoseconds, "rounds": [0, 1], "iterations": [1, 2],
               "totals_ns": [nanoseconds, 2 * nanoseconds]}
    return {"operation": "operator_pair", "kernel": f"operator_pair_{method}{suffix}", "processors": [processor],
            "axes": {"shape": [3136, 96], "first": first, "second": "relu"}, "status": status, "reason": "because",
            "group": group, "latencies": {"host_monotonic": latency} if status == "ok" else {},
            "metrics": {"div_mod_per_element": {"value": 2, "unit": "1"}},
            "notes": {"cell": "ILD & Fixed -> ILI & Variable", "table 5": "Eliminate 1st"}}


class EliminationNumbers(unittest.TestCase):
    def report_of(self, records):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "records.jsonl"
            path.write_text("".join(json.dumps(entry) + "\n" for entry in records))
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                elimination_numbers.report(name)
            return output.getvalue()

    def test_ratios_are_over_op_by_op(self):
        text = self.report_of([record("op_by_op", 200), record("folded", 100, 50), record("gather_naive", 300)])
        self.assertIn("| 1.50 (1.50) |  | 0.50 (0.25) |  |", text)
        self.assertIn("cpu: folded is faster than op_by_op for 1 of 1 pairs by both statistics; geometric mean of the times 0.50", text)
        self.assertIn("op_by_op 2, gather_naive 2, folded 2", text)
        self.assertNotIn("not faster", text)

    def test_a_pair_that_does_not_gain_by_both_statistics_is_named(self):
        text = self.report_of([record("op_by_op", 200), record("folded", 100, 210),
                               record("op_by_op", 100, group="b", processor="opencl:0"),
                               record("folded", 120, group="b", processor="opencl:0")])
        self.assertIn("not faster: cpu: 3136x96 transpose:1,0 -> relu: 0.50 (1.05)", text)
        self.assertIn("opencl:0: folded is faster than op_by_op for 0 of 1 pairs", text)

    def test_rows_without_a_latency_are_counted_with_their_reason(self):
        text = self.report_of([record("op_by_op", 200), record("fused", 0, status="unsupported")])
        self.assertIn("left out, 1 rows: fused: unsupported: because", text)

    def test_records_without_a_baseline_are_an_error(self):
        with self.assertRaises(SystemExit):
            self.report_of([record("folded", 100)])


if __name__ == "__main__":
    unittest.main()
