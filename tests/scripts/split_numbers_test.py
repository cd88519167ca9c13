#!/usr/bin/env python3
"""What split_numbers.py computes from records whose times are known."""

import importlib.util
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("split_numbers", ROOT / "scripts/split_numbers.py")
numbers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(numbers)


def record(kernel, processors, ms, share=None, ratio=None, rounds=20):
    clock = {"median_ns": ms * 1e6, "p05_ns": ms * 1e6, "rounds": list(range(rounds)), "iterations": [2] * rounds,
             "totals_ns": [2 * ms * 1e6] * rounds}
    axes = {"m": 64, "k": 32, "n": 16}
    if ratio is not None:
        axes.update(ratio=ratio, split="rows", sharing="copy", sync="wait")
    return {"kernel": kernel, "processors": processors, "axes": axes, "latencies": {"host_monotonic": clock},
            "metrics": {} if share is None else {"share_of_first": {"value": share}},
            "stages_ns": {"start": 1e6, "wait": 3e6, "alone.gpu.compute": 9e9}}


def group(split_ms=8.0, native_ms=11.0):
    return [record("a", ["cpu@0"], 20), record("b", ["cpu@0"], 12), record("c", ["gpu"], 24),
            record("b", ["cpu"], native_ms),
            record("matmul_split", ["cpu@0", "gpu"], 1.0, share=1.0, ratio=1.0),
            record("matmul_split", ["cpu@0", "gpu"], split_ms, share=0.65, ratio=0.7),
            record("matmul_split", ["cpu@0", "gpu"], 30, share=0.2, ratio=0.2)]


class SplitNumbers(unittest.TestCase):
    def test_the_ideal_is_that_of_the_best_kernels_alone(self):
        one = numbers.product(group())
        self.assertAlmostEqual(one["ideal"], 8e6)  # 1 / (1/12 + 1/24) ms
        self.assertAlmostEqual(one["share"], 1.0)
        self.assertAlmostEqual(one["speed_up"], 1.5)

    def test_a_run_on_one_processor_is_no_split(self):
        self.assertEqual(numbers.product(group())["best"]["axes"]["ratio"], 0.7)

    def test_a_share_that_comes_to_nothing_is_no_split(self):
        rows = group() + [record("matmul_split", ["cpu@0", "gpu"], 1.0, share=1.0, ratio=0.98)]
        self.assertEqual(numbers.product(rows)["best"]["axes"]["ratio"], 0.7)

    def test_a_missing_solo_is_no_answer(self):
        self.assertIsNone(numbers.product([r for r in group() if r["processors"] != ["gpu"]]))
        self.assertIsNone(numbers.product([r for r in group() if r["kernel"] != "matmul_split"]))

    def test_the_native_cpu_decides(self):
        for native_ms, expected in ((11.0, "GO"), (5.0, "NO-GO")):
            middle, low, high = numbers.product(group(native_ms=native_ms))["against_native"]
            self.assertAlmostEqual(middle, 8 / native_ms)
            self.assertEqual(numbers.verdict(low, high, middle), expected)
        self.assertEqual(numbers.verdict(0.95, 1.05, 0.9), "UNCLEAR")
        self.assertEqual(numbers.verdict(0.3, 0.7, 1.4), "UNCLEAR", "rounds and statistic disagree")

    def test_convolutions_are_named_and_found(self):
        one = record("conv2d_split", ["cpu@0", "gpu"], 8, share=0.65, ratio=0.7)
        one["axes"] = {"shape": [1, 64, 56, 56], "filters": 32, "window": [3, 3], "layout": "NHWC", "layer": "net/a"}
        self.assertEqual(numbers.name_of(one), "net/a 1x64x56x56 by 32 of 3x3, NHWC")
        self.assertFalse(numbers.is_tiny(one))
        self.assertEqual(numbers.splits([one, record("conv2d_direct", ["cpu@0"], 9)]), [one])

    def test_a_search_knows_products_and_layers(self):
        self.assertEqual(numbers.problem_of("512,1152,784"), (numbers.SCENARIO, {"m,k,n": [[512, 1152, 784]]}))
        scenario, axes = numbers.problem_of("YOLOv2/conv14")
        self.assertEqual(scenario, numbers.CONVOLUTIONS)
        self.assertEqual(axes["shape"]["only"], ["conv14"])
        with self.assertRaises(SystemExit):
            numbers.problem_of("YOLOv2/conv99")

    def test_stages_alone_are_no_share_of_the_run(self):
        self.assertEqual(numbers.stage_shares(group()[0]), "start 25%, wait 75%")


if __name__ == "__main__":
    unittest.main()
