#!/usr/bin/env python3
"""Does bench/baselines/plain_onnx.py leave what a model computes as it was? Each rule on small graphs, movements on
random ones, before and after run by ONNX Runtime. Run by scripts/baselines/test.sh in the environment of
scripts/models/get.sh."""

import random
import sys
import tempfile
import unittest
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "baselines"))

import plain_movements
import plain_onnx

FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64


def model_of(nodes, inputs, outputs, constants=(), opset=17):
    """inputs, outputs: {name: (type, shape)}, constants: {name: array}."""
    def sides(tensors):
        return [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in tensors.items()]

    graph = helper.make_graph(nodes, "g", sides(inputs), sides(outputs),
                              [numpy_helper.from_array(values, name) for name, values in dict(constants).items()])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("somewhere", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


class Plain(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.draw = numpy.random.default_rng(1)

    def rewritten(self, model, *wishes):
        """(the model rewritten, or None; notes)"""
        source, target = self.folder / "model.onnx", self.folder / "plain.onnx"
        onnx.save(model, source)
        target.unlink(missing_ok=True)
        notes = plain_onnx.plainer(str(source), str(target), wishes)
        return (onnx.load(target) if target.exists() else None), notes

    def check(self, model, *wishes, tolerance=0.0, values=None):
        """The operators after it, when the results are those of before."""
        plain, notes = self.rewritten(model, *wishes)
        self.assertIsNotNone(plain, "nothing was rewritten")
        kinds = {FLOAT: numpy.float32, INT32: numpy.int32, INT64: numpy.int64}
        given = values or {side.name: self.draw.standard_normal([d.dim_value for d in side.type.tensor_type.shape.dim])
                           for side in model.graph.input}
        results = []
        for one in (model, plain):
            feed = {side.name: given[side.name].astype(kinds[side.type.tensor_type.elem_type])
                    for side in one.graph.input}
            results.append(onnxruntime.InferenceSession(one.SerializeToString()).run(None, feed))
        for before, after in zip(*results):
            self.assertEqual(before.shape, after.shape)
            if tolerance:
                numpy.testing.assert_allclose(after, before, rtol=0, atol=tolerance)
            else:
                numpy.testing.assert_array_equal(after, before)
        self.assertTrue(notes["rewritten"])
        return [node.op_type for node in plain.graph.node]

    def lstm(self, steps, states, **attributes):
        batch, width, hidden = 2, 3, 5
        directions = 2 if attributes.get("direction") == "bidirectional" else 1
        constants = {name: self.draw.normal(0, 0.5, shape).astype(numpy.float32) for name, shape in
                     {"w": (directions, 4 * hidden, width), "r": (directions, 4 * hidden, hidden),
                      "b": (directions, 8 * hidden)}.items()}
        state = (FLOAT, (directions, batch, hidden))
        inputs = {"x": (FLOAT, (steps, batch, width)), **({"h": state, "c": state} if states else {})}
        node = helper.make_node("LSTM", ["x", "w", "r", "b", *(["", "h", "c"] if states else [])], ["y", "yh", "yc"],
                                hidden_size=hidden, **attributes)
        outputs = {"y": (FLOAT, (steps, directions, batch, hidden)), "yh": state, "yc": state}
        return model_of([node], inputs, outputs, constants)

    def test_a_recurrent_layer_is_its_steps(self):
        for steps, states in ((1, True), (1, False), (5, True), (5, False)):
            with self.subTest(steps=steps, states=states):
                kinds = self.check(self.lstm(steps, states), "lstm", tolerance=1e-6)
                self.assertNotIn("LSTM", kinds)
                self.assertEqual(kinds.count("Sigmoid"), 3 * steps)

    def test_two_directions_stay(self):
        plain, notes = self.rewritten(self.lstm(3, False, direction="bidirectional"), "lstm")
        self.assertIsNone(plain)
        self.assertEqual(notes, {})

    def movements(self, seed):
        """A random chain of movements from and to at most four dimensions through as many as six."""
        choose, names, nodes, constants = random.Random(seed), iter(range(1000)), [], {}

        def constant(values):
            name = f"c{next(names)}"
            constants[name] = numpy.array(values, numpy.int64)
            return name

        def factors(count):
            left, parts = count, []
            for prime in (2, 3, 5, 7):
                while left % prime == 0:
                    parts.append(prime)
                    left //= prime
            parts += [left] if left > 1 else []
            choose.shuffle(parts)
            while len(parts) > choose.randint(1, 6):
                at = choose.randrange(len(parts) - 1)
                parts[at:at + 2] = [parts[at] * parts[at + 1]]
            return parts or [1]

        shape = choose.choice([(4, 6, 10), (1, 12, 30), (2, 3, 4, 5), (8, 9), (1, 7, 8, 6), (210,)])
        first, tensor = shape, "x"
        for _ in range(choose.randint(2, 7)):
            kind = choose.choice(["Reshape", "Reshape", "Transpose", "Transpose", "Slice", "Gather"])
            result = f"t{next(names)}"
            if kind == "Transpose":
                order = choose.sample(range(len(shape)), len(shape))
                nodes.append(helper.make_node(kind, [tensor], [result], perm=order))
                shape = tuple(shape[axis] for axis in order)
            elif kind == "Slice":
                axis = choose.randrange(len(shape))
                begin = choose.randrange(shape[axis])
                end = choose.randint(begin + 1, shape[axis])
                cut = [constant([begin]), constant([end]), constant([axis])]
                nodes.append(helper.make_node(kind, [tensor, *cut], [result]))
                shape = (*shape[:axis], end - begin, *shape[axis + 1:])
            elif kind == "Gather" and len(shape) > 1:
                axis = choose.randrange(len(shape))
                place = constant(choose.randrange(-shape[axis], shape[axis]))
                nodes.append(helper.make_node(kind, [tensor, place], [result], axis=axis))
                shape = (*shape[:axis], *shape[axis + 1:])
            else:
                shape = tuple(factors(int(numpy.prod(shape))))
                nodes.append(helper.make_node("Reshape", [tensor, constant(shape)], [result]))
            tensor = result
        flat = (1, int(numpy.prod(shape)))
        nodes += [helper.make_node("Reshape", [tensor, constant(flat)], ["flat"]),
                  helper.make_node("Neg", ["flat"], ["y"])]
        return model_of(nodes, {"x": (FLOAT, first)}, {"y": (FLOAT, flat)}, constants)

    @staticmethod
    def most_dimensions(model):
        inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
        return max(len(value.type.tensor_type.shape.dim) for value in inferred)

    def test_movements_are_those_of_fewer_dimensions(self):
        lowered, left = 0, 0  # what cuts through parts of dimensions that were cut before is left
        for seed in range(400):
            model = self.movements(seed)
            plain, _ = self.rewritten(model, "ranks")
            if plain is not None:
                with self.subTest(seed=seed):
                    self.check(model, "ranks")
            if self.most_dimensions(model) > plain_movements.MOST_DIMENSIONS:
                still = plain is None or self.most_dimensions(plain) > plain_movements.MOST_DIMENSIONS
                lowered, left = lowered + (not still), left + still
        self.assertGreater(lowered, 50)
        self.assertLess(left, lowered)

    def test_attentions_heads_need_four_dimensions(self):
        nodes = [helper.make_node("Reshape", ["x", "heads"], ["five"]),
                 helper.make_node("Transpose", ["five"], ["turned"], perm=[2, 0, 3, 1, 4]),
                 helper.make_node("Split", ["turned"], ["q3", "k3", "v3"], axis=0),
                 *(helper.make_node("Squeeze", [name + "3", "zero"], [name]) for name in "qkv"),
                 helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
                 helper.make_node("MatMul", ["q", "kt"], ["scores"]),
                 helper.make_node("MatMul", ["scores", "v"], ["y"])]
        constants = {"heads": numpy.array([2, 7, 3, 4, 5]), "zero": numpy.array([0])}
        model = model_of(nodes, {"x": (FLOAT, (2, 7, 60))}, {"y": (FLOAT, (2, 4, 7, 5))}, constants)
        self.check(model, "ranks")
        plain, _ = self.rewritten(model, "ranks")
        self.assertEqual(self.most_dimensions(plain), 4)

    def test_sums_lose_a_first_dimension_of_one(self):
        nodes = [helper.make_node("Reshape", ["x", "five"], ["deep"]),
                 helper.make_node("Add", ["deep", "mask"], ["sum"]),
                 helper.make_node("Reshape", ["sum", "four"], ["y"])]
        constants = {"five": numpy.array([1, 2, 3, 4, 4]), "four": numpy.array([2, 3, 4, 4]),
                     "mask": self.draw.standard_normal((1, 2, 1, 4, 4)).astype(numpy.float32)}
        model = model_of(nodes, {"x": (FLOAT, (2, 3, 4, 4))}, {"y": (FLOAT, (2, 3, 4, 4))}, constants)
        self.check(model, "ranks")

    def test_a_product_with_ones_is_a_choice_of_rows(self):
        nodes = [helper.make_node("Reshape", ["x", "column"], ["numbers"]),
                 helper.make_node("Equal", ["numbers", "all"], ["hit"]),
                 helper.make_node("Cast", ["hit"], ["ones"], to=FLOAT),
                 helper.make_node("MatMul", ["ones", "table"], ["y"])]
        constants = {"column": numpy.array([1, 6, 1]), "all": numpy.arange(9, dtype=numpy.int32).reshape(1, 1, 9),
                     "table": self.draw.standard_normal((9, 4)).astype(numpy.float32)}
        model = model_of(nodes, {"x": (INT32, (1, 6))}, {"y": (FLOAT, (1, 6, 4))}, constants)
        values = {"x": numpy.array([[0, 8, 3, 3, 1, 7]])}
        self.assertNotIn("MatMul", self.check(model, "rows", values=values))
        self.check(model, "rows", "integers", values=values)
        plain, notes = self.rewritten(model, "rows", "integers")
        self.assertEqual(plain.graph.input[0].type.tensor_type.elem_type, INT64)
        self.assertNotIn("inputs_as_f32", notes)

    def test_integers_that_are_only_numbers_become_numbers(self):
        nodes = [helper.make_node("Unsqueeze", ["x", "axes"], ["wide"]),
                 helper.make_node("Cast", ["wide"], ["f"], to=FLOAT),
                 helper.make_node("Neg", ["f"], ["y"])]
        model = model_of(nodes, {"x": (INT64, (1, 6))}, {"y": (FLOAT, (1, 1, 1, 6))}, {"axes": numpy.array([1, 2])})
        values = {"x": numpy.array([[0, 1, 1, 0, 5, -7]])}
        self.assertNotIn("Cast", self.check(model, "integers", values=values))
        self.assertEqual(self.rewritten(model, "integers")[1]["inputs_as_f32"], "0")
        self.assertNotIn("Unsqueeze", self.check(model, "unsqueeze", values=values))

    def test_small_things(self):
        side = {"x": (FLOAT, (1, 6, 8))}, {"y": (FLOAT, (1, 6, 8))}
        small = {"one": numpy.ones((1, 1, 1), numpy.float32), "least": numpy.array(-numpy.inf, numpy.float32)}
        self.check(model_of([helper.make_node("Add", ["one", "x"], ["y"])], *side, {"one": small["one"]}), "scalars")
        model = model_of([helper.make_node("Max", ["least", "x"], ["y"])], *side, {"least": small["least"]})
        kinds = self.check(model, "bounds")
        self.assertNotIn("Max", kinds)
        for keep, shape in ((1, (1, 1, 8)), (0, (1, 8))):
            node = helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=keep)
            kinds = self.check(model_of([node], side[0], {"y": (FLOAT, shape)}, {"axes": numpy.array([-2])}), "means",
                               tolerance=1e-5)
            self.assertIn("ReduceMean", kinds)
        constants = {"w": numpy.eye(8, dtype=numpy.float32), "b": numpy.arange(8, dtype=numpy.float32).reshape(1, 8)}
        self.check(model_of([helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1)], {"x": (FLOAT, (2, 8))},
                            {"y": (FLOAT, (2, 8))}, constants), "biases")
        far = numpy.iinfo(numpy.int64).max
        constants = {"begin": numpy.array([0, 2, 0]), "end": numpy.array([far] * 3), "axes": numpy.array([0, 1, 2])}
        nodes = [helper.make_node("Slice", ["x", *constants], ["s"]), helper.make_node("Neg", ["s"], ["y"])]
        kinds = self.check(model_of(nodes, side[0], {"y": (FLOAT, (1, 4, 8))}, constants), "slices")
        self.assertEqual(kinds.count("Slice"), 1)

    def test_sums_of_later_opsets(self):
        node = helper.make_node("ReduceSum", ["x", "axes"], ["y"])
        model = model_of([node], {"x": (FLOAT, (2, 6))}, {"y": (FLOAT, (2, 1))}, {"axes": numpy.array([1])}, opset=18)
        self.check(model, "means", tolerance=1e-5)

    def test_weights_beside_the_model_come_along(self):
        weights = self.draw.standard_normal((64, 64)).astype(numpy.float32)
        nodes = [helper.make_node("MatMul", ["x", "w"], ["xw"]), helper.make_node("Add", ["xw", "one"], ["y"])]
        model = model_of(nodes, {"x": (FLOAT, (1, 64))}, {"y": (FLOAT, (1, 64))},
                         {"w": weights, "one": numpy.ones((1, 1), numpy.float32)})
        source, target = self.folder / "there" / "model.onnx", self.folder / "here" / "plain.onnx"
        for path in (source, target):
            path.parent.mkdir()
        (source.parent / "weights").mkdir()
        onnx.save(model, source, save_as_external_data=True, location="weights/w.bin", size_threshold=1024)
        self.assertTrue(plain_onnx.plainer(str(source), str(target), ["scalars", "lstm", "bounds"])["rewritten"])
        x = self.draw.standard_normal((1, 64)).astype(numpy.float32)
        before, after = (onnxruntime.InferenceSession(str(path)).run(None, {"x": x}) for path in (source, target))
        numpy.testing.assert_array_equal(after[0], before[0])
        onnx.load(source)  # and the source can still be read
        self.assertEqual(plain_onnx.plainer(str(source), str(target), ["bounds"]), {})  # nothing to rewrite
        onnxruntime.InferenceSession(str(target)).run(None, {"x": x})

    def test_weights_elsewhere_stay_there(self):
        source, target = self.folder / "there" / "model.onnx", self.folder / "here" / "plain.onnx"
        for path in (source, target):
            path.parent.mkdir()
        (self.folder / "secret.bin").write_bytes(bytes(64 * 64 * 4))
        nodes = [helper.make_node("MatMul", ["x", "w"], ["xw"]), helper.make_node("Add", ["xw", "one"], ["y"])]
        for place in ("../secret.bin", "a/../../secret.bin", str(self.folder / "secret.bin")):
            model = model_of(nodes, {"x": (FLOAT, (1, 64))}, {"y": (FLOAT, (1, 64))},
                             {"w": numpy.zeros((64, 64), numpy.float32), "one": numpy.ones((1, 1), numpy.float32)})
            onnx.external_data_helper.set_external_data(model.graph.initializer[0], location=place)
            model.graph.initializer[0].ClearField("raw_data")
            source.write_bytes(model.SerializeToString())
            self.assertEqual(plain_onnx.plainer(str(source), str(target), ["scalars"]), {})
            self.assertEqual(list(target.parent.iterdir()), [])

    def test_what_is_not_known_stays(self):
        x, y, one = {"x": (FLOAT, (2, 6))}, {"y": (FLOAT, (2, 6))}, {"one": numpy.ones((1, 1), numpy.float32)}
        add = helper.make_node("Add", ["h", "one"], ["y"])
        dynamic = [helper.make_node("NonZero", ["x"], ["where"]), helper.make_node("Cast", ["where"], ["f"], to=FLOAT)]
        no_inputs = helper.make_node("RandomUniform", [], ["h"], shape=[2, 6])
        nine = helper.make_node("Concat", ["x"] * 9, ["y"], axis=0)
        branch = helper.make_graph([helper.make_node("Add", ["x", "one"], ["b"])], "b", [],
                                   [helper.make_tensor_value_info("b", FLOAT, (2, 6))])
        choice = helper.make_node("If", ["yes"], ["h"], then_branch=branch, else_branch=branch)
        axes = {"axes": numpy.array([1])}
        column = {"k": numpy.arange(6, dtype=numpy.float32).reshape(1, 6),
                  "table": numpy.ones((6, 6), numpy.float32)}
        ones = [helper.make_node("Equal", ["x", "k"], ["hit"]), helper.make_node("Cast", ["hit"], ["f"], to=FLOAT),
                helper.make_node("MatMul", ["f", "table"], ["y"])]
        models = {
            "foreign": model_of([helper.make_node("Mine", ["x"], ["h"], domain="somewhere"), add], x, y, one),
            "no inputs": model_of([no_inputs, helper.make_node("Add", ["h", "x"], ["y"])], x, y),
            "nine inputs": model_of([nine], x, {"y": (FLOAT, (18, 6))}),
            "dynamic": model_of([*dynamic, helper.make_node("ReduceSum", ["f", "axes"], ["y"])], x,
                                {"y": (FLOAT, (2, 1))}, axes),
            "a choice of graphs": model_of([choice, add], x, y, {**one, "yes": numpy.array(True)}),
            "integers": model_of([helper.make_node("ReduceSum", ["x", "axes"], ["y"])], {"x": (INT64, (2, 6))},
                                 {"y": (INT64, (2, 1))}, axes),
            "an input with a default": model_of([helper.make_node("Add", ["x", "one"], ["y"])],
                                                {**x, "one": (FLOAT, (1, 1))}, y, one),
            "ones of numbers": model_of(ones, {"x": (FLOAT, (2, 1))}, y, column),
            "an early opset": model_of([helper.make_node("Add", ["x", "one"], ["y"])], x, y, one, opset=10),
        }
        for name, model in models.items():
            with self.subTest(name):
                self.assertEqual(self.rewritten(model, *plain_onnx.RULES), (None, {}))

    def test_names_that_are_taken_are_not_given_again(self):
        model = model_of([helper.make_node("Add", ["plain_0", "one"], ["plain_1"]),
                          helper.make_node("Neg", ["plain_1"], ["y"])], {"plain_0": (FLOAT, (2, 6))},
                         {"y": (FLOAT, (2, 6))}, {"one": numpy.ones((1, 1), numpy.float32)})
        self.check(model, "scalars")

    def test_nothing_to_do_writes_nothing(self):
        model = model_of([helper.make_node("Relu", ["x"], ["y"])], {"x": (FLOAT, (1, 8))}, {"y": (FLOAT, (1, 8))})
        self.assertEqual(self.rewritten(model, *plain_onnx.RULES), (None, {}))


if __name__ == "__main__":
    unittest.main()
