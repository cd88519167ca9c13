#!/usr/bin/env python3
"""Models whose weights are too large for one file, on a small one. Run by scripts/baselines/test.sh in the environment
of scripts/models/get.sh."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "models"))

import weightless

WIDTH = 64


def product_of_two():
    """y = x A B, with a constant that is too small to be drawn."""
    random = numpy.random.default_rng(1)
    weights = {name: random.normal(0, 0.1, (WIDTH, WIDTH)).astype(numpy.float32) for name in "ab"}
    weights["c"] = numpy.full((1, WIDTH), 2, numpy.float32)
    nodes = [helper.make_node("MatMul", ["x", "a"], ["xa"]), helper.make_node("MatMul", ["xa", "b"], ["xab"]),
             helper.make_node("Add", ["xab", "c"], ["y"])]
    sides = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, WIDTH]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", sides[:1], sides[1:],
                              [numpy_helper.from_array(values, name) for name, values in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class LargeModels(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, weightless, "ONNX_LIMIT_BYTES", weightless.ONNX_LIMIT_BYTES)
        self.folder = Path(folder.name)
        self.graph = self.folder / "g.onnx.gz"
        weightless.save(weightless.strip(product_of_two(), "g"), self.graph)

    def written(self, name, limit):
        weightless.ONNX_LIMIT_BYTES = limit
        target = self.folder / name
        weightless.materialise(self.graph, target)
        return target

    def result(self, path):
        feed = {"x": numpy.linspace(-1, 1, WIDTH, dtype=numpy.float32).reshape(1, WIDTH)}
        return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feed)[0]

    def test_two_files_compute_what_one_does(self):
        one, two = self.written("one.onnx", 1 << 30), self.written("two.onnx", 1000)
        self.assertFalse(weightless.data_file(one).exists())
        self.assertGreaterEqual(weightless.data_file(two).stat().st_size, 2 * 4 * WIDTH * WIDTH)
        numpy.testing.assert_array_equal(self.result(one), self.result(two))
        self.assertGreater(self.result(two).std(), 0)
        # Nothing half written is left.
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {"g.onnx.gz", "one.onnx", "two.onnx", "two.onnx.data"})

    def test_the_second_file_is_that_of_the_first(self):
        target = self.written("two.onnx", 1000)
        before = target.read_bytes()
        self.assertTrue(weightless.has_its_data(target))
        data = weightless.data_file(target)
        values = bytearray(data.read_bytes())
        values[100] ^= 1
        data.write_bytes(values)
        self.assertFalse(weightless.has_its_data(target))
        data.unlink()
        self.assertFalse(weightless.has_its_data(target))
        self.assertEqual(self.written("two.onnx", 1000).read_bytes(), before)
        self.assertTrue(weightless.has_its_data(target))

    def test_what_is_stripped_stays_so(self):
        model = weightless.strip(weightless.load(self.graph), "g")
        again = self.folder / "again.onnx.gz"
        weightless.save(model, again)
        self.assertEqual(again.read_bytes(), self.graph.read_bytes())

    def test_parked_weights_are_inputs_until_they_come_back(self):
        model = weightless.load(self.graph)
        def weights():
            return {tensor.name: tensor.SerializeToString(deterministic=True) for tensor in model.graph.initializer}

        before = weights()
        parked = weightless.park(model)
        self.assertEqual([value.name for value in model.graph.input], ["x", "a", "b"])
        self.assertEqual([tensor.name for tensor in model.graph.initializer], ["c"])
        weightless.unpark(model, parked)
        self.assertEqual([value.name for value in model.graph.input], ["x"])
        self.assertEqual(set(before), {"a", "b", "c"})
        self.assertEqual(weights(), before)


if __name__ == "__main__":
    unittest.main()
