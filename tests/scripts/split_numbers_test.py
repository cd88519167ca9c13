#!/usr/bin/env python3
"""What split_numbers.py computes from records whose times are known."""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import tempfile
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("split_numbers", ROOT / "scripts/split_numbers.py")
numbers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(numbers)
ratio_search = numbers.sys.modules["ratio_search"]


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

    def test_the_processors_alone_are_those_of_the_best_division(self):
        rows = group() + [record("c", ["other"], 6), record("matmul_split", ["cpu", "other"], 7, share=0.3, ratio=0.3)]
        one = numbers.product(rows)
        self.assertEqual(one["best"]["processors"], ["cpu", "other"])
        self.assertAlmostEqual(one["ideal"], 1e6 / (1 / 11 + 1 / 6))

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

    def test_few_rounds_decide_nothing(self):
        few = record("b", ["cpu"], 4, rounds=numbers.LEAST_ROUNDS - 1)
        middle, low, high = numbers.ratio_with_interval(record("a", ["cpu@0"], 8), few)
        self.assertEqual(middle, 2)
        self.assertEqual(numbers.verdict(low, high, middle), "UNCLEAR")
        self.assertIn("unclear", ratio_search.confirmation({0.5: (middle, low, high)}, numbers.MARGIN))

    def test_convolutions_are_named_and_found(self):
        one = record("conv2d_split", ["cpu@0", "gpu"], 8, share=0.65, ratio=0.7)
        one["axes"] = {"shape": [1, 64, 56, 56], "filters": 32, "window": [3, 3], "layout": "NHWC", "layer": "net/a"}
        self.assertEqual(numbers.name_of(one), "net/a 1x64x56x56 by 32 of 3x3, NHWC")
        self.assertFalse(numbers.is_tiny(one))
        self.assertEqual(numbers.splits([one, record("conv2d_direct", ["cpu@0"], 9)]), [one])

    def test_stages_alone_are_no_share_of_the_run(self):
        self.assertEqual(numbers.stage_shares(group()[0]), "start 25%, wait 75%")


def tiny(kernel, processors, us, m=16, **more):
    one = record(kernel, processors, us / 1e3, share=more.get("ratio"), ratio=more.pop("ratio", None))
    one["operation"] = "matmul"
    one["axes"].update(m=m, k=16, n=16, **more)
    return one


class Costs(unittest.TestCase):
    def groups(self):
        transfer = tiny("transfer_opencl", ["gpu"], 30)
        transfer.update(operation="transfer", axes={"bytes": 1024, "direction": "to_device", "sharing": "copy", "sync": "wait"})
        other = tiny("transfer_opencl", ["gpu"], 3)
        other.update(operation="transfer", axes={**transfer["axes"], "sync": "poll"})
        return {"whole": [tiny("native", ["cpu@0"], 9), tiny("plain", ["gpu"], 20),
                          tiny("matmul_split", ["cpu@0", "gpu"], 45, ratio=0),
                          tiny("matmul_split", ["cpu@0", "gpu"], 50, ratio=0.5)],
                "half": [tiny("native", ["cpu@0"], 5, m=8), tiny("plain", ["gpu"], 14, m=8), tiny("slower", ["gpu"], 18, m=8)],
                "transfers": [transfer, other]}

    def test_dividing_is_compared_with_what_does_not_go_through_it(self):
        ((both, costs),) = numbers.dividing_costs(self.groups())
        self.assertEqual(both["axes"]["ratio"], 0.5)
        self.assertAlmostEqual(costs["added"][0], 36e3)  # 50 us over the plain kernel's 14 us for half of the rows
        self.assertAlmostEqual(costs["orchestration"][0], 20e3)  # over OpenCL's own 30 us, that way and as many bytes
        self.assertAlmostEqual(costs["host beside"][0], 5e3)  # over 45 us through the same calls

    def test_a_slow_host_is_no_cost_of_dividing(self):
        groups = self.groups()
        groups["half"][0] = tiny("native", ["cpu@0"], 48, m=8)
        ((_, costs),) = numbers.dividing_costs(groups)
        self.assertAlmostEqual(costs["added"][0], 2e3)

    def test_what_has_nothing_to_compare_with_says_so(self):
        groups = self.groups()
        del groups["half"], groups["transfers"]
        text = printed(numbers.print_costs, groups)
        self.assertIn("| added, copy, wait | - | no rows to compare with |", text)
        self.assertIn("| orchestration, copy, wait | <= 20 us | no rows to compare with |", text)
        self.assertIn("| host beside, copy, wait | - | 5.0 us (the device's side alone 45.0 us) |", text)


def printed(function, *arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        function(*arguments)
    return out.getvalue()


def valley(ratio):
    """A division's time in ms between a processor that takes 18 alone and one that takes 36: least at 2/3."""
    return max(18 * ratio, 36 * (1 - ratio))


class GoldenSection(unittest.TestCase):
    def test_the_least_lies_between_the_ends(self):
        for cost, least in ((valley, 2 / 3), (lambda ratio: (ratio - 0.1) ** 2, 0.1), (lambda ratio: ratio, 0),
                            (lambda ratio: -ratio, 1)):
            for steps in (2, 3, 6, 20):
                asked = []
                best, low, high = ratio_search.golden_section(lambda ratio: asked.append(ratio) or cost(ratio), steps)
                self.assertEqual((len(asked), len(set(asked))), (steps, steps))
                self.assertTrue(low <= least <= high and low < best < high, (least, low, best, high))
                self.assertAlmostEqual(high - low, ratio_search.GOLDEN ** (steps - 1))
                self.assertEqual(cost(best), min(map(cost, asked)))

    def test_a_minimum_is_confirmed_refuted_or_unclear(self):
        surely_slower, surely_faster, either = (1.05, 1.03, 1.07), (0.9, 0.88, 0.92), (1.0, 0.95, 1.05)
        self.assertEqual(ratio_search.confirmation({0.6: surely_slower, 0.7: surely_slower}, 0.02), "confirmed")
        self.assertEqual(ratio_search.confirmation({0.6: surely_slower, 0.7: surely_faster}, 0.02),
                         "refuted: 0.7 takes 0.90 [0.88, 0.92] of its time")
        self.assertEqual(ratio_search.confirmation({0.6: either, 0.7: surely_slower}, 0.02),
                         "unclear: 0.6 may be faster")
        self.assertIn("unclear", ratio_search.confirmation({}, 0.02))


def measured(ratios, cost=valley):
    """The rows of one group: both processors alone, the native CPU, and each of `ratios`."""
    rows = [record("a", ["cpu@0"], 18), record("c", ["gpu"], 36), record("a", ["cpu"], 11)]
    return rows + [record("matmul_split", ["cpu@0", "gpu"], cost(ratio), share=ratio, ratio=ratio) for ratio in ratios]


class Search(unittest.TestCase):
    def search(self, of_confirmation=valley):
        asked = {}

        def measure(ratios, step):
            asked[step] = ratios
            return measured(ratios, of_confirmation if step == "confirm" else valley)

        with contextlib.redirect_stderr(io.StringIO()):
            return (*numbers.search(measure), asked)

    def test_a_minimum_is_found_and_confirmed(self):
        records, holds, asked = self.search()
        self.assertEqual(holds, "confirmed")
        self.assertEqual(list(asked), [f"step{n}" for n in range(1, numbers.SEARCH_STEPS + 1)] + ["confirm"])
        low, best, high = asked["confirm"]
        self.assertTrue(low < 2 / 3 < high)
        self.assertEqual(numbers.product(records)["best"]["axes"]["ratio"], best)

    def test_a_minimum_that_was_chance_is_refuted(self):
        records, holds, asked = self.search(of_confirmation=lambda ratio: 20 - 10 * ratio)
        _, best, high = asked["confirm"]
        self.assertIn(f"refuted: {high:g} takes", holds)
        self.assertEqual(numbers.product(records)["best"]["axes"]["ratio"], high)
        self.assertLess(best, high)

    def test_a_neighbour_within_the_margin_is_no_better_minimum(self):
        self.assertEqual(self.search(of_confirmation=lambda ratio: 10 - abs(ratio - 2 / 3) / 10)[1], "confirmed")

    def test_products_layers_and_models_are_known(self):
        self.assertEqual(numbers.problems_of("512,1152,784"),
                         [("512,1152,784", numbers.SCENARIO, {"m,k,n": [[512, 1152, 784]]})])
        ((name, scenario, axes),) = numbers.problems_of("YOLOv2/conv14")
        self.assertEqual((name, scenario), ("YOLOv2/conv14", numbers.CONVOLUTIONS))
        self.assertEqual(axes["shape"]["only"], ["conv14"])
        for model, scenario, axis in (("YOLOv2", numbers.CONVOLUTIONS, "shape"),
                                      ("ResNet-50 products", numbers.SCENARIO, "m,k,n")):
            layers = numbers.problems_of(model)
            shapes = json.loads(pathlib.Path(layers[0][2][axis]["file"]).read_text())["shapes"]
            self.assertEqual([axes[axis]["only"] for _, _, axes in layers], [[shape["layer"]] for shape in shapes])
            self.assertEqual({where for _, where, _ in layers}, {scenario})
        for wrong in ("YOLOv2/conv99", "YOLOv9", "1,2", "1,2,x"):
            with self.assertRaises(SystemExit):
                numbers.problems_of(wrong)


# Stands for hetscope: notes how it was called, estimates half a minute a ratio, and measures what `TIMES` says.
STUB = """#!/usr/bin/env python3
import json, pathlib, sys
with open({calls!r}, "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
ratios = lambda path: json.loads(pathlib.Path(path).read_text())["experiments"][0]["axes"]["ratio"]
if sys.argv[1] == "list":
    print(f"9 cases in 1 groups, about {{sum(len(ratios(path)) for path in sys.argv[3:]) / 2:.1f}} minutes")
    sys.exit(0)
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(exist_ok=True)
(out / "run.json").write_text("{{}}")
times = json.loads({times!r})
(out / "records.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in times[str(out.parent.name)][out.name]))
"""


class SearchOfAModel(unittest.TestCase):
    def test_each_layer_gets_its_row_and_a_second_call_goes_on(self):
        with tempfile.TemporaryDirectory() as temporary:
            root = pathlib.Path(temporary)
            times = {f"VGG-16_products_{layer}": self.times_of(layer) for layer in ("conv1_2", "conv2_2")}
            program = root / "bin/hetscope"
            program.parent.mkdir()
            program.write_text(STUB.format(calls=str(root / "calls"), times=json.dumps(times)))
            os.chmod(program, 0o755)
            options = types.SimpleNamespace(search=["VGG-16 products/conv1_2", "VGG-16 products/conv2_2"], build=root, budget=1)
            for resumed in (False, True):
                (root / "calls").write_text("")
                text = printed(numbers.search_all, options, root / "out")
                # Two layers of 6 steps with one ratio and a confirmation with three, half a minute each.
                self.assertIn("2 searches of 6 steps and a confirmation: at most 9 minutes", text)
                rows = text.splitlines()[4:]
                self.assertEqual(len(rows), 2, text)
                self.assertTrue(rows[0].endswith("| confirmed |"), rows[0])
                self.assertEqual(rows[1], "| VGG-16 products/conv2_2 | not measured: matmul_split: failed: the device is gone |")
                runs = [line for line in (root / "calls").read_text().splitlines() if line.startswith("run ")]
                self.assertEqual(len(runs), 8)  # 7 of the first layer, and the second's first
                self.assertEqual({"--resume" in run for run in runs}, {resumed})

    def times_of(self, layer):
        """The rows of each step of a search; the device is gone in the second layer."""
        steps = {}

        def measure(ratios, step):
            steps[step] = measured(ratios)
            return steps[step]

        with contextlib.redirect_stderr(io.StringIO()):
            numbers.search(measure)
        for rows in steps.values():
            for row in rows:
                is_lost = layer == "conv2_2" and row["kernel"] == "matmul_split"
                row.update(operation="matmul", group="g", status="failed" if is_lost else "ok",
                           reason="the device is gone" if is_lost else "")
        return steps


if __name__ == "__main__":
    unittest.main()
