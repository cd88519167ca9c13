"""hetscope series as its users see it: a matrix of a case or of a file, limits, controls, packed files, bad input.

Usage: series_test.py HETSCOPE [unittest options]
"""

import json
import struct

from program_case import ProgramCase, main

CASE = "sparse_matmul kernel=any processor=cpu shape=40x96x33 sparsity=0.6 mask=global_magnitude"


def npy(rows, descr="<f4", code="f"):
    """The bytes of an .npy file with these rows."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust(117) + "\n"
    body = b"".join(struct.pack(f"<{len(row)}{code}", *row) for row in rows)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


class SeriesTest(ProgramCase):
    def series(self, *arguments, code=0):
        result = self.hetscope("series", *arguments)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout

    def answer(self, *arguments, code=0):
        return json.loads(self.series(*arguments, "--json", code=code))

    def refused(self, *arguments):
        return self.assert_refused(self.hetscope("series", *arguments))

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

    def test_the_model_has_no_words_of_eight_bits(self):
        case = CASE + " dtype=i8"
        answer = self.answer("--case", case, "--limit", "dropped_magnitude=0.05")
        self.assertTrue(answer["candidates"])
        self.assertFalse([item for item in answer["candidates"] if "edp_of_dense" in item])
        self.assertNotIn("~", self.series("--case", case, "--limit", "dropped_magnitude=0.05").split("\n\nAn error")[0])
        self.assertIn("none of i8", self.refused("--case", case, "--limit", "dropped_magnitude=0.05", "--by", "edp"))

    def test_where_no_series_is_within_the_limits_what_loses_nothing_is_offered(self):
        question = ("--case", CASE, "--menu", "1:8,2:8", "--terms", 1, "--limit", "matrix_error=0.01")
        answer = self.answer(*question)
        self.assertIsNone(answer["best"])
        self.assertTrue(answer["hybrid"]["is_answer"])
        # 40 % of the entries are not zero, and none is executed less than once.
        self.assertGreaterEqual(answer["hybrid"]["multiply_adds"], 0.4)
        text = self.series(*question)
        self.assertIn("no series of the menu is within the limits; "
                      f"{answer['hybrid']['series']}+csr loses nothing", text)
        measured = self.answer(*question, "--by", "latency", "--budget", 0.02)
        product = next(item for item in measured["products"] if item.get("residual") == "csr")
        self.assertEqual(product["series"], answer["hybrid"]["series"])
        self.assertGreater(product["median_ns"], 0)
        measured = self.series(*question, "--by", "latency", "--budget", 0.02)
        self.assertIn("the answer: it loses nothing", measured)
        self.assertNotIn("the fastest within the limits", measured)

    def test_nothing_within_the_limits(self):
        question = ("--case", CASE, "--menu", "1:8", "--terms", 1, "--limit", "matrix_error=0.01", "--limit",
                    "slots=0.2", "--save", self.directory / "terms")
        answer = self.answer(*question, code=3)
        self.assertIsNone(answer["best"])
        self.assertNotIn("hybrid", answer)
        self.assertIn("no series", self.series(*question, code=3))
        self.assertFalse((self.directory / "terms").exists())

    def saved_terms(self, *limits):
        folder = self.directory / "terms"
        self.answer("--case", CASE, *limits, "--save", folder)
        return folder, json.loads((folder / "series.json").read_text())

    def test_the_terms_of_the_answer_are_saved_and_read_back(self):
        limits = ("--limit", "dropped_magnitude=0.05")
        best = self.answer("--case", CASE, *limits)
        folder, saved = self.saved_terms(*limits)
        self.assertEqual((saved["series"], saved["residual"]), (best["best"], "drop"))
        self.assertEqual("+".join(term["pattern"] for term in saved["terms"]), best["best"])
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         sorted(["series.json"] + [term["file"] for term in saved["terms"]]))
        shown = json.loads(self.series("--packed", *(folder / term["file"] for term in saved["terms"]), "--json"))
        self.assertEqual([term | {"file": ""} for term in shown["terms"]],
                         [term | {"file": ""} for term in saved["terms"]])
        # What the terms keep is what the search said they keep, of 40 % of 40 x 96 entries.
        dropped = next(item for item in best["candidates"] if item["series"] == best["best"])["dropped_nonzeros"]
        kept = sum(term["kept_entries"] for term in shown["terms"])
        self.assertEqual(kept, round(1536 * (1 - dropped)))
        for term in shown["terms"]:
            n, m = map(int, term["pattern"].split(":"))
            self.assertEqual((term["rows"], term["cols"], term["slots"]), (40, 96, 40 * 96 * n // m))
            row_bits = 96 * n // m * term["index_bits"]
            self.assertEqual(term["bytes"], 4 * term["slots"] + 40 * ((row_bits + 7) // 8))
        text = self.series("--packed", folder / "term-1.nm")
        self.assertIn(f"| {saved['terms'][0]['pattern']} | f32 | 40 x 96 | {saved['terms'][0]['kept_entries']} |", text)
        # Terms of this answer must not be left beside those of the next.
        self.assertIn("holds a series already", self.refused("--case", CASE, *limits, "--save", folder))

    def test_packed_files_that_are_none_are_refused(self):
        folder, _ = self.saved_terms("--menu", "2:5", "--terms", "1", "--limit", "dropped_magnitude=0.9")
        good = (folder / "term-1.nm").read_bytes()
        bad = self.directory / "bad.nm"
        bad.write_bytes(good[:-1])
        error = self.refused("--packed", bad)
        self.assertIn(f"{bad} term 1: the file ends inside a term", error)
        # Behind both headers and 40 rows of 20 blocks of two f32 values: the first index, of three bits.
        first_index = 16 + 56 + 40 * 20 * 2 * 4
        bad.write_bytes(good[:first_index] + bytes([good[first_index] | 7]) + good[first_index + 1:])
        error = self.refused("--packed", bad)
        self.assertIn(f"{bad} term 1: row 0, block 0, slot 0: index 7 is out of its block", error)
        bad.write_bytes(b"no terms")
        self.assertIn("not a file of packed", self.refused("--packed", bad))
        self.assertIn("missing.nm", self.refused("--packed", folder / "term-1.nm", self.directory / "missing.nm"))
        self.assertIn("leave out", self.refused("--case", CASE, "--packed", folder / "term-1.nm"))
        (self.directory / "file").write_text("in the way")
        self.assertIn("--save", self.refused("--case", CASE, "--by", "error", "--save", self.directory / "file/terms"))

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
            path = self.directory / "matrix.npy"
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
        self.assertIn("columns", self.refused(self.directory / "x.npy", "--columns", 0, "--by", "error"))
        self.refused(self.directory / "missing.npy", "--by", "error")
        (self.directory / "text.npy").write_text("no matrix")
        self.refused(self.directory / "text.npy", "--by", "error")
        (self.directory / "nan.npy").write_bytes(npy([[float("nan"), 1.0]]))
        self.assertIn("NaN", self.refused(self.directory / "nan.npy", "--by", "error"))


if __name__ == "__main__":
    main()
