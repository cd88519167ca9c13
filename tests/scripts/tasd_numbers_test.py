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
           drift=1, evidence=None, operation="sparse_matmul", **more_axes):
    axes = {"shape": list(shape)} | ({"series": series} if series else {}) | more_axes
    values = {name: {"value": value} for name, value in (metrics or {}).items()}
    return {"operation": operation, "kernel": kernel, "axes": axes, "status": status, "reason": "because",
            "group": group, "metrics": values,
            "placement": [{"requested": "cpu", "actual": "cpu@0", "evidence": evidence}] if evidence else [],
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

    def test_compressed_rows_are_compared_by_total_time(self):
        records = []
        for rows, series_ns in ((64, 100), (128, 400), (256, 50)):
            shape, group = (rows, 512, 49), str(rows)
            records += [record("sparse_matmul_openblas", shape, 900, group=group),
                        record("sparse_matmul_csr", shape, 200, group=group),
                        record("sparse_matmul_series", shape, series_ns, "1:8", group=group)]
        # 2, 0.5 and 4.
        self.assertIn("| 1:8 against compressed rows of the whole matrix, total time |  | faster in 2 of 3 shapes, "
                      "geometric mean 1.59 |", self.report_of(records))

    def test_threads_are_told_apart(self):
        shape = (64, 512, 49)
        of_one = [record("sparse_matmul_openblas", shape, 800, threads=1),
                  record("sparse_matmul_series", shape, 200, "1:8", threads=1)]
        of_two = [record("sparse_matmul_openblas", shape, 500, threads=2, group="two"),
                  record("sparse_matmul_series", shape, 200, "1:8", threads=2, group="two")]
        for records in (of_one + of_two, of_two + of_one):
            text = self.report_of(records)
            self.assertIn("| 1:8 against dense, geometric mean of 1 shapes | >= 5.0 | 4.00 |", text)
            self.assertIn("| all threads (2): against dense, geometric mean |  | 1:8 2.50 (1 shapes) |", text)
        text = self.report_of(of_two)
        self.assertNotIn(">= 5.0", text)
        self.assertIn("1:8 2.50", text)

    def test_decomposition_is_in_bytes_of_its_own_type_and_asked_of_f32(self):
        records = [record("sparse_matmul_openblas", (64, 512, 49), 900)]
        for dtype in ("f32", "f16", "i8"):
            records += [record("nm_decompose_simd", (100, 200), 8000, "2:4", operation="nm_decompose", dtype=dtype,
                               sparsity=0.5),
                        record("nm_decompose_simd", (100, 100), 8000, "2:4", operation="nm_decompose", dtype=dtype,
                               sparsity=0.9, threads=1),
                        record("nm_decompose_simd", (100, 200), 1, "2:4", operation="nm_decompose", dtype=dtype,
                               sparsity=0.5, threads=2)]
        text = self.report_of(records)
        self.assertIn("| decomposition into 2:4, f32, GB/s | >= 2 | 5.0 at 100x100, sparsity 0.9, 10.0 at best |", text)
        self.assertIn("| decomposition into 2:4, f16, GB/s |  | 2.5 at 100x100, sparsity 0.9, 5.0 at best |", text)
        self.assertIn("| decomposition into 2:4, i8, GB/s |  | 1.2 at 100x100, sparsity 0.9, 2.5 at best |", text)

    def test_libraries_are_named_once(self):
        shape = (64, 512, 49)
        text = self.report_of([
            record("sparse_matmul_openblas", shape, 900, evidence="pinning was refused; the system chooses; OpenBLAS"),
            record("sparse_matmul_onednn", shape, 900, evidence="each thread is pinned; oneDNN 3.2.0"),
            record("sparse_matmul_onednn_primitive", shape, 900, evidence="each thread is pinned; oneDNN 3.2.0"),
            record("sparse_matmul_series", shape, 300, "1:8", evidence="pinning was refused; the system chooses")])
        self.assertIn("\nlibraries: OpenBLAS, oneDNN 3.2.0\n", text)
        self.assertNotIn("libraries", self.report_of([record("sparse_matmul_openblas", shape, 900)]))

    def test_a_second_term_may_cost_its_slots(self):
        shape = (64, 512, 49)
        text = self.report_of([record("sparse_matmul_openblas", shape, 900),
                               record("sparse_matmul_series", shape, 400, "2:4"),
                               record("sparse_matmul_series", shape, 600, "2:4+2:8")])
        self.assertIn("mean 1.00, 1 of 1 shapes within", text)


if __name__ == "__main__":
    unittest.main()
