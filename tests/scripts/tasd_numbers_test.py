#!/usr/bin/env python3
"""What scripts/tasd_numbers.py makes of records, on records whose answer is known."""

import contextlib
import importlib.util
import io
import json
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("tasd_numbers", ROOT / "scripts/tasd_numbers.py")
tasd_numbers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tasd_numbers)


def record(kernel, shape, nanoseconds, series=None, status="ok", metrics=None, group="a group",
           drift=1):
    axes = {"shape": list(shape)} | ({"series": series} if series else {})
    values = {name: {"value": value} for name, value in (metrics or {}).items()}
    return {"operation": "sparse_matmul", "kernel": kernel, "axes": axes, "status": status, "reason": "because",
            "group": group, "metrics": values,
            "latencies": {"host_monotonic": {"median_ns": nanoseconds, "p05_ns": nanoseconds / 2, "rounds": [0, 0, 1],
                                             "iterations": [1, 2, 1],
                                             "totals_ns": [nanoseconds, 2 * nanoseconds, drift * nanoseconds]}}}


class TasdNumbers(unittest.TestCase):
    def report_of(self, records):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "records.jsonl"
            path.write_text("".join(json.dumps(entry) + "\n" for entry in records))
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                tasd_numbers.report(name, False)
            return output.getvalue()

    def test_the_faster_dense_library_counts(self):
        shape = (64, 512, 49)
        text = self.report_of([
            record("sparse_matmul_openblas", shape, 900), record("sparse_matmul_onednn", shape, 800),
            record("sparse_matmul_series", shape, 200, "1:8", metrics={"executed_slots": 0.125}),
            record("sparse_matmul_csr", shape, 320, metrics={"density": 0.1})])
        self.assertIn("| 1:8 against dense, geometric mean of 1 shapes | >= 5.0 | 4.00 |", text)
        self.assertIn("4.00 at 64x512x49", text)
        self.assertIn("mean 2.00, 1 of 1 at least 1", text)  # 0.125 / 200 over 0.1 / 320

    def test_unstable_rows_count_and_are_counted(self):
        shape = (64, 512, 49)
        text = self.report_of([record("sparse_matmul_openblas", shape, 900),
                               record("sparse_matmul_series", shape, 300, "1:8", status="unstable")])
        self.assertIn("| 1:8 against dense, geometric mean of 1 shapes | >= 5.0 | 3.00 |", text)
        self.assertIn("1 rows are unstable", text)

    def test_rows_that_are_not_ok_are_left_out_and_counted(self):
        shape = (64, 512, 49)
        text = self.report_of([record("sparse_matmul_openblas", shape, 900),
                               record("sparse_matmul_series", shape, 1, "1:8", status="mismatch")])
        self.assertNotIn("1:8 against", text)
        self.assertIn("left out, 1 rows: 1:8: mismatch: because", text)

    def test_ratios_are_formed_round_by_round(self):
        calm, disturbed = record("a", (1, 1, 1), 100), record("b", (1, 1, 1), 50, drift=5)
        self.assertAlmostEqual(tasd_numbers.ratio(calm, disturbed), (2 + 100 / 250) / 2)
        self.assertAlmostEqual(tasd_numbers.ratio(record("a", (1, 1, 1), 100, drift=5), disturbed), 2)

    def test_what_shares_no_rounds_is_not_compared(self):
        shape = (64, 512, 49)
        with self.assertRaises(SystemExit):
            self.report_of([record("sparse_matmul_openblas", shape, 900),
                            record("sparse_matmul_series", shape, 400, "2:4", group="another")])

    def test_a_second_term_may_cost_its_slots(self):
        shape = (64, 512, 49)
        text = self.report_of([record("sparse_matmul_openblas", shape, 900),
                               record("sparse_matmul_series", shape, 400, "2:4"),
                               record("sparse_matmul_series", shape, 600, "2:4+2:8")])
        self.assertIn("mean 1.00, 1 of 1 shapes within", text)


if __name__ == "__main__":
    unittest.main()
