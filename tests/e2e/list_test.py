"""Scenarios and cases that `list` expands, what it says they take, and those that are wrong: one line and exit code 2.

Usage: list_test.py HETSCOPE [unittest options]
"""

import re

from program_case import ROOT, ProgramCase, main, scenario


class ListTest(ProgramCase):
    def estimate_of(self, *paths):
        """Cases, groups and minutes that `list --estimate` prints."""
        result = self.hetscope("list", "--estimate", *paths)
        self.assertEqual(result.returncode, 0, result.stderr)
        found = re.match(r"(\d+) cases in (\d+) groups, about ([\d.]+) minutes", result.stdout)
        self.assertIsNotNone(found, result.stdout)
        return int(found[1]), int(found[2]), float(found[3]), result.stdout

    def test_every_shipped_scenario_lists(self):
        paths = sorted(path for folder in ("smoke", "curated")
                       for path in (ROOT / "scenarios" / folder).rglob("*.json"))
        self.assertTrue(paths)
        result = self.hetscope("list", "--estimate", *paths)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_estimate_tells_of_groups_without_their_baseline(self):
        lacking = scenario(experiment={"kernels": ["copy_memcpy", "copy_buffer"], "compare_by": ["kernel"],
                                       "baseline": {"kernel": "copy_buffer"}})
        self.assertIn("; without a member that is the baseline: 2 groups", self.estimate_of(self.write(lacking))[3])

    def test_every_group_of_the_studies_of_splits_and_sparsity_has_its_baseline(self):
        if not self.has_opencl():
            self.skipTest("no OpenCL device")
        for folder in ("split", "tasd"):
            paths = sorted((ROOT / "scenarios/curated" / folder).glob("*.json"))
            self.assertNotIn("that is the baseline", self.estimate_of(*paths)[3])

    def test_the_estimate_counts_cases_and_their_budgets(self):
        two_minutes = self.write(scenario(budget_s=120), "two.json")
        five_minutes = self.write(scenario(budget_s=300, experiment={"compare_by": ["shape"]}), "five.json")
        cases, groups, minutes, text = self.estimate_of(two_minutes)
        self.assertEqual((cases, groups), (2, 2))
        # Twice the budget, and a little for preparing and verifying, which no case does in a minute.
        self.assertGreaterEqual(minutes, 4)
        self.assertLess(minutes, 5)
        self.assertNotIn("energy", text)
        cases, groups, more_minutes, _ = self.estimate_of(five_minutes)
        self.assertEqual((cases, groups), (2, 1))
        self.assertAlmostEqual(more_minutes - minutes, 6, delta=0.11)  # each is rounded to a tenth
        self.assertAlmostEqual(self.estimate_of(two_minutes, five_minutes)[2], minutes + more_minutes, delta=0.16)
        *_, with_energy, text = self.estimate_of(self.write(scenario(budget_s=120, experiment={"energy": True})))
        self.assertIn("2 cases with energy", text)
        self.assertGreater(with_energy, minutes)

    def test_wrong_scenarios(self):
        wrong = {
            "budgt_s": scenario(budgt_s=1),
            "budget_s": scenario(budget_s="much"),
            "experiments": scenario(experiments=[]),
            "copi": scenario(experiment={"operation": "copi"}),
            "copy_memcopy": scenario(experiment={"kernels": ["copy_memcopy"]}),
            "gpu9": scenario(experiment={"processors": ["gpu9"]}),
            "dtype": scenario(experiment={"axes": {"dtype": [], "shape": [[4]]}}),
            "f33": scenario(experiment={"axes": {"dtype": ["f33"], "shape": [[4]]}}),
            "colour": scenario(experiment={"axes": {"dtype": ["f32"], "shape": [[4]], "colour": ["red"]}}),
            "shape": scenario(experiment={"axes": {"dtype": ["f32"], "shape": [[4, 0]]}}),
            "nowhere.json": scenario(experiment={"axes": {"dtype": ["f32"], "shape": {"file": "nowhere.json"}}}),
            "copy_memcopi": scenario(experiment={"axes": {"shape": [[4]], "load": [
                "copy kernel=copy_memcopi processor=cpu@0 shape=[4]"]}}),
            "the case's own processor": scenario(experiment={"axes": {"shape": [[4]], "load": [
                "copy kernel=copy_memcpy processor=cpu shape=[4]"]}}),
            "npu:0": scenario(experiment={"axes": {"shape": [[4]], "load": [
                "copy kernel=copy_memcpy processor=npu:0 shape=[4]"]}}),
            "quotation": scenario(experiment={"axes": {"shape": [[4]], "load": ["copy kernel=\"copy"]}}),
            "column": '{"schema": "hetscope/scenario/1",',
        }
        for word, document in wrong.items():
            with self.subTest(word):
                self.assert_refused(self.hetscope("list", self.write(document)), word)

    def test_a_shape_that_overflows_memory(self):
        axes = {"dtype": ["f32"], "shape": [[1 << 40, 1 << 40]]}
        self.assert_refused(self.hetscope("list", self.write(scenario(experiment={"axes": axes}))), "shape")

    def test_deeply_nested_and_binary_scenarios(self):
        self.assert_refused(self.hetscope("list", self.write("[" * 100000)))
        path = self.directory / "binary.json"
        path.write_bytes(bytes(range(256)) * 10)
        self.assert_refused(self.hetscope("list", path))

    def test_a_filter_takes_linear_time(self):
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--filter", "(.*)*(.*)*(.*)*Z"), "no case")

    def test_results_that_nobody_can_read_are_an_error(self):
        with open("/dev/full", "w") as full:
            result = self.hetscope("list", self.write(scenario()), stdout=full)
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard output", result.stderr)

    def test_no_gpu_named_is_refused_with_the_names_that_exist(self):
        document = scenario(experiment={"processors": ["opencl:77"]})
        self.assert_refused(self.hetscope("list", self.write(document)), "opencl:77", "cpu")


if __name__ == "__main__":
    main()
