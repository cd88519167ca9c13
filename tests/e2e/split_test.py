"""Divided work from outside: what is refused and how, what the other rows get, and fakes whose rows nobody may trust.

Usage: split_test.py HETSCOPE HETSCOPE_FAULTY [unittest options]
HETSCOPE_FAULTY is the same program with fake accelerators (tests/e2e/faulty_main.cpp). Parts are kernels that every
build has, but for the rows that say so.
"""

import re

from program_case import ROOT, ProgramCase, main

COPIES = "copy kernel=copy_split processor=cpu,cpu@0 parts=copy_memcpy,copy_memcpy dtype=f32 shape=8x8"


class SplitTest(ProgramCase):
    def test_a_division_that_cannot_be(self):
        for words, told in (("ratio=1.5", ("'ratio' is 1.5, not from 0 to 1", "the first processor's share")),
                            ("ratio=-0.1", ("'ratio' is -0.1, not from 0 to 1",)),
                            ("ratio=nan", ("'ratio'", "not from 0 to 1")),
                            ("ratio=0.5 ratio_of_second=2", ("'ratio_of_second' is 2.0, not from 0 to 1",)),
                            ("ratio=0.5 split=channels", ("'split'", "'channels'", "dim0")),
                            ("ratio=0.5 unit=0", ("'unit' is 0, below 1",)),
                            ("split=dim0", ("'ratio'", "is missing"))):
            with self.subTest(words):
                self.assert_refused(self.hetscope("list", "--case", f"{COPIES} {words}"), *told)
                self.assert_refused(self.hetscope("run", "--case", f"{COPIES} {words}", "--out", self.out), *told)
        axes = {"shape": [[8, 8]], "parts": ["copy_memcpy,copy_memcpy"], "ratio": [0.5, 1.5]}
        document = {"schema": "hetscope/scenario/1", "name": "division", "experiments": [
            {"operation": "copy", "kernels": ["copy_split"], "processors": ["cpu"], "together": [["cpu", "cpu@0"]],
             "axes": axes}]}
        self.assert_refused(self.hetscope("list", self.write(document)), "'ratio' is 1.5, not from 0 to 1")
        self.assertFalse(self.out.exists())

    def test_an_axis_that_this_case_cannot_be_divided_along_costs_its_own_row_only(self):
        rows = "processor=cpu,cpu@0 parts=tensor_consumers_rows,tensor_consumers_rows ratio=0.5"
        cases = {f"tensor_consumers kernel=tensor_consumers_split {rows} consumers=softmax:2 layout=order:0,1,2 "
                 f"shape=4x6x8 split={axis}": told
                 for axis, told in (("dim0", None), ("dim1", None), ("dim2", "consumers=softmax:2 needs all of dim2"))}
        copies = COPIES + " ratio=0.5"
        cases[copies + " split=dim3"] = "dim3"
        cases[copies + " ratio_of_second=0.2"] = "for three processors"
        result = self.hetscope("run", "--no-roofs", "--budget", "20", "--out", self.out,
                               *(word for case in cases for word in ("--case", case)))
        self.assertEqual(result.returncode, 0, result.stderr)  # what a kernel says it cannot is no failure
        for record, told in zip(self.records(), cases.values()):
            with self.subTest(record["case"]):
                if told is None:
                    self.assert_timed([record], 1)
                    continue
                self.assertEqual(record["status"], "unsupported", record["reason"])
                self.assertIn(told, record["reason"])
                self.assertNotIn("\n", record["reason"])
                self.assertFalse(record["latencies"])

    def test_a_fake_accelerator_never_gives_a_trusted_row(self):
        product = " m=16 n=8 k=8"
        split = "matmul kernel=matmul_fake_split ratio=0.5" + product + " parts="
        alone = [f"matmul kernel=matmul_fake processor=fake:{name}{product}"
                 for name in ("npu", "half", "broken", "narrow", "fallback")]
        # Two fakes need no library; the host's part is OpenBLAS's.
        divided = [f"{split}{parts} processor={processors}" for parts, processors in (
            ("matmul_fake,matmul_fake", "fake:npu,fake:fallback"), ("matmul_fake,matmul_fake", "fake:npu,fake:broken"),
            ("matmul_openblas,matmul_fake", "cpu,fake:npu"), ("matmul_openblas,matmul_fake", "cpu,fake:broken"))]
        cases = [word for case in alone + divided for word in ("--case", case)]
        result = self.hetscope("run", "--no-roofs", "--out", self.out, *cases, program=self.faulty)
        self.assertEqual(result.returncode, 1, result.stderr)
        rows = {",".join(record["processors"]): record for record in self.records()}
        self.assertEqual(len(rows), 9)
        for name, status, words in (
                ("fake:npu", "mistrusted", "fake:npu is a fake"), ("fake:half", "mismatch", ""),
                ("fake:narrow", "unsupported", "does not take f32"),
                ("fake:broken", "failed", "the fake fails as it was told to"),
                ("fake:fallback", "mistrusted", "; fallback: the CPU did the work"),
                ("fake:npu,fake:fallback", "mistrusted", "; fake:fallback: fallback: the CPU did the work"),
                ("fake:npu,fake:broken", "failed", "the part on fake:broken failed"),
                ("cpu,fake:npu", "mistrusted", "fake:npu is a fake"),
                ("cpu,fake:broken", "failed", "the part on fake:broken failed")):
            with self.subTest(name):
                if "OpenBLAS cannot be opened" in rows[name]["reason"]:
                    self.skipTest(rows[name]["reason"])
                self.assertEqual(rows[name]["status"], status, rows[name]["reason"])
                self.assertIn(words, rows[name]["reason"])
        for name in ("fake:fallback", "fake:npu,fake:fallback"):
            self.assertEqual(rows[name]["placement"][-1]["requested"], "fake:fallback")
            self.assertEqual(rows[name]["placement"][-1]["actual"], "cpu")
        # The program that people use knows nothing of it.
        self.assert_refused(self.hetscope("run", "--case", "matmul kernel=matmul_onednn processor=fake:npu" + product,
                                          "--out", self.directory / "none"), "fake:npu")

    def test_the_ways_to_divide_are_all_in_their_scenario_and_take_minutes(self):
        path = ROOT / "scenarios/curated/split/ways.json"
        if not self.has_opencl():
            self.skipTest("no OpenCL device here: what cannot be divided cannot be listed")
        lines = self.hetscope("list", path).stdout.splitlines()
        for words in (("ratio_of_second=", "opencl:0/0of2", "opencl:0/1of2"), ("conv2d_split", "split=batch"),
                      ("sync=svm_flag", "sharing=svm_fine"), ("matmul_split", "dtype=f16"),
                      ("matmul_split", "dtype=i8"), ("matmul_split", "unit=1"), ("matmul_split", "unit=8")):
            self.assertTrue([line for line in lines if all(word in line for word in words)], words)
        minutes = re.search(r"about ([\d.]+) minutes", self.hetscope("list", "--estimate", path).stdout)
        self.assertLessEqual(float(minutes[1]), 3)


if __name__ == "__main__":
    main(has_faulty=True)
