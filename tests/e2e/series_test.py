#!/usr/bin/env python3
"""hetscope series as its users see it: a matrix of a case or of a file, limits, controls, and bad input."""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

HETSCOPE = sys.argv.pop(1)
CASE = "sparse_matmul kernel=any processor=cpu shape=40x96x33 sparsity=0.6 mask=global_magnitude"


def npy(rows, descr="<f4", code="f"):
    """The bytes of an .npy file with these rows."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust(117) + "\n"
    body = b"".join(struct.pack(f"<{len(row)}{code}", *row) for row in rows)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


class SeriesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def series(self, *arguments, code=0):
        result = subprocess.run([HETSCOPE, "series", *map(str, arguments)], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout if code in (0, 3) else result.stderr

    def answer(self, *arguments, code=0):
        return json.loads(self.series(*arguments, "--json", code=code))

    def refused(self, *arguments):
        error = self.series(*arguments, code=2)
        self.assertEqual(error.count("\n"), 1, error)
        return error

    def test_the_best_by_slots_is_within_the_limit_and_has_its_control(self):
        answer = self.answer("--case", CASE, "--limit", "dropped_magnitude=0.05")
        best = next(item for item in answer["candidates"] if item["series"] == answer["best"])
        self.assertLessEqual(best["dropped_magnitude"], 0.05)
        self.assertTrue(all(item["slots"] >= best["slots"] for item in answer["candidates"] if item["within_limits"]))
        self.assertAlmostEqual(answer["control"]["slots"], best["slots"])
        self.assertLessEqual(answer["control"]["dropped_magnitude"], best["dropped_magnitude"])
        self.assertGreater(answer["search_ns"], 0)
        # Every entry that the terms drop is executed once more: 40 % of the entries are not zero.
        dropped = best["dropped_nonzeros"] * 0.4
        self.assertAlmostEqual(answer["hybrid"]["multiply_adds"], best["slots"] + dropped, places=3)
        self.assertEqual(best["edp_of_dense"]["kind"], "modelled")

    def test_limits_hold_together(self):
        answer = self.answer("--case", CASE, "--limit", "matrix_error=0.3", "--limit", "output_error=0.25", "--limit",
                             "slots=0.8", "--by", "edp")
        for item in answer["candidates"]:
            fits = item["matrix_error"] <= 0.3 and item["output_error"] <= 0.25 and item["slots"] <= 0.8
            self.assertEqual(item["within_limits"], fits)
        fitting = [item["edp_of_dense"]["value"] for item in answer["candidates"] if item["within_limits"]]
        best = next(item for item in answer["candidates"] if item["series"] == answer["best"])
        self.assertEqual(best["edp_of_dense"]["value"], min(fitting))

    def test_nothing_within_the_limits(self):
        answer = self.answer("--case", CASE, "--menu", "1:8", "--terms", 1, "--limit", "matrix_error=0.01", code=3)
        self.assertIsNone(answer["best"])
        self.assertIn("no series", self.series("--case", CASE, "--menu", "1:8", "--terms", 1, "--limit",
                                               "matrix_error=0.01", code=3))

    def test_by_latency_everything_is_measured_and_verified(self):
        answer = self.answer("--case", CASE, "--limit", "dropped_magnitude=0.1", "--by", "latency", "--budget", 0.02,
                             "--spread")
        products = {(item["kernel"], item.get("series"), item.get("residual"), item.get("columns")): item
                    for item in answer["products"]}
        self.assertTrue(all(item["median_ns"] > 0 for item in products.values()), answer)
        self.assertIn(("sparse_matmul_dense", None, None, None), products)
        self.assertIn(("sparse_matmul_csr", None, None, None), products)
        self.assertTrue(any(key[2] == "csr" for key in products))
        self.assertTrue(any(key[3] == "spread" for key in products))
        within = {item["series"] for item in answer["candidates"] if item["within_limits"]}
        self.assertIn(answer["best"], within)

    def test_a_file_is_searched_whatever_its_type(self):
        # Two of every four entries: 2:4 loses nothing, and nothing with fewer slots does.
        rows = [[3, 0, -2, 0] * 6, [0, 5, 0, 1] * 6]
        for descr, code in (("<f4", "f"), ("<f8", "d"), ("|i1", "b")):
            path = self.folder / "matrix.npy"
            path.write_bytes(npy(rows, descr, code))
            answer = self.answer(path, "--limit", "matrix_error=0", "--columns", 5)
            self.assertEqual(answer["best"], "2:4")
            self.assertIn("2x24x5", answer["problem"])

    def test_spread_columns_lose_less_of_a_band(self):
        band = CASE.replace("global_magnitude", "banded").replace("0.6", "0.875")
        answer = self.answer("--case", band, "--menu", "1:8", "--terms", 1, "--by", "error", "--spread")
        self.assertLess(answer["spread"]["dropped_magnitude"], answer["candidates"][0]["dropped_magnitude"])

    def test_bad_input_is_one_line(self):
        self.assertIn("FILE", self.refused("--limit", "slots=1"))
        self.assertIn("limit on an error", self.refused("--case", CASE))
        self.assertIn("no limit", self.refused("--case", CASE, "--limit", "matrix_error=much"))
        self.assertIn("matrix_error", self.refused("--case", CASE, "--limit", "matrix_eror=0.1"))
        self.assertIn("5:4", self.refused("--case", CASE, "--limit", "matrix_error=0.1", "--menu", "5:4"))
        self.assertIn("max_terms", self.refused("--case", CASE, "--limit", "matrix_error=0.1", "--terms", 0))
        self.assertIn("sparse_matmul", self.refused("--case", "copy kernel=any processor=cpu shape=4", "--by", "error"))
        self.assertIn("unknown accelerator", self.refused("--case", CASE, "--by", "error", "--accelerator", "none"))
        self.assertIn("columns", self.refused(self.folder / "x.npy", "--columns", 0, "--by", "error"))
        self.refused(self.folder / "missing.npy", "--by", "error")
        (self.folder / "text.npy").write_text("no matrix")
        self.refused(self.folder / "text.npy", "--by", "error")
        (self.folder / "nan.npy").write_bytes(npy([[float("nan"), 1.0]]))
        self.assertIn("NaN", self.refused(self.folder / "nan.npy", "--by", "error"))


if __name__ == "__main__":
    unittest.main()
