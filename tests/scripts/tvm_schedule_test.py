#!/usr/bin/env python3
"""The rules of bench/baselines/tvm_schedule.py: their numbers always, what TVM makes of them where it is installed."""

import importlib.util
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bench/baselines"
SPEC = importlib.util.spec_from_file_location("tvm_schedule", FOLDER / "tvm_schedule.py")
tvm_schedule = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tvm_schedule)

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "hetscope"
PYTHON = pathlib.Path(os.environ.get("HETSCOPE_BASELINE_ENVIRONMENTS") or CACHE / "baselines") / "tvm/bin/python"

# Each model has shapes that no tile divides, and is compared with what the unscheduled functions compute.
PROGRAM = """
import sys
import numpy
import tvm
import tvm_build
from tvm import relax

def model(shapes, body):
    builder = relax.BlockBuilder()
    tensors = [relax.Var(f"x{i}", relax.TensorType(shape, "float32")) for i, shape in enumerate(shapes)]
    with builder.function("main", tensors):
        with builder.dataflow():
            result = builder.emit_output(body(*tensors))
        builder.emit_func_output(result)
    return builder.get()

def constant(*shape):
    return relax.const(numpy.random.default_rng(1).uniform(-1, 1, shape).astype("float32"))

nn = relax.op.nn
models = {
    "convolution": ([(1, 3, 13, 17)], {"tile"}, lambda x: nn.relu(relax.op.add(
        nn.conv2d(x, constant(24, 3, 3, 3), padding=1, strides=2), constant(1, 24, 1, 1)))),
    "groups": ([(1, 24, 9, 7)], {"tile"}, lambda x: nn.conv2d(x, constant(36, 8, 3, 3), padding=1, groups=3)),
    "depthwise": ([(1, 20, 9, 7)], {"tile"}, lambda x: nn.conv2d(x, constant(20, 1, 5, 5), padding=2, groups=20)),
    "constant": ([(2, 19, 37)], {"tile"}, lambda x: relax.op.erf(relax.op.matmul(x, constant(37, 53)))),
    "product": ([(3, 23, 29), (3, 29, 31)], {"tile"}, relax.op.matmul),
    "vector": ([(1, 130)], {"tile"}, lambda x: relax.op.matmul(x, constant(130, 96))),
    "softmax": ([(5, 47, 33)], {"rows"}, lambda x: nn.softmax(x, axis=-1)),
    "mean": ([(5, 47, 33)], {"rows"}, lambda x: relax.op.mean(x, axis=-1, keepdims=True)),
    "elements": ([(5, 47, 33)], {"spread"}, lambda x: relax.op.permute_dims(relax.op.tanh(x), [2, 0, 1])),
}
for name, (shapes, rules, body) in models.items():
    inputs = [numpy.random.default_rng(2).uniform(-2, 2, shape).astype("float32") for shape in shapes]
    def run(executable):
        machine = relax.VirtualMachine(executable, tvm.cpu())
        return machine["main"](*[tvm.runtime.tensor(value) for value in inputs]).numpy()
    executable, taken = tvm_build.build(model(shapes, body), 2)
    plain = run(tvm.compile(relax.get_pipeline("zero")(model(shapes, body)), "llvm"))
    error = abs(run(executable) - plain).max() / abs(plain).max()
    if not error < 1e-5 or not rules <= set(taken) or "none" in taken:
        sys.exit(f"{name}: off by {error}, rules {dict(taken)}")
"""


class RegisterTile(unittest.TestCase):
    def test_a_tile_divides_and_fits(self):
        for rows in (1, 7, 13, 56, 197):
            for columns in (1, 3, 24, 96, 1000):
                height, vectors, lanes = tvm_schedule.register_tile(rows, columns, 16, 15)
                self.assertEqual((rows % height, columns % (vectors * lanes)), (0, 0), f"{rows} x {columns}")
                self.assertLessEqual(height * vectors, 15)

    def test_vectors_are_as_wide_as_the_columns_allow(self):
        self.assertEqual(tvm_schedule.register_tile(56, 64, 16, 15)[2], 16)
        self.assertEqual(tvm_schedule.register_tile(56, 24, 16, 15)[2], 8)
        self.assertEqual(tvm_schedule.register_tile(56, 4, 16, 15)[2], 4)

    def test_padding_is_for_awkward_shapes_only(self):
        height, vectors, lanes = tvm_schedule.register_tile(197, 768, 16, 15, may_pad=True)
        self.assertGreater(height, 1)
        self.assertEqual(768 % (vectors * lanes), 0)
        height, vectors, lanes = tvm_schedule.register_tile(196, 768, 16, 15, may_pad=True)
        self.assertEqual((196 % height, 768 % (vectors * lanes)), (0, 0))
        self.assertEqual(tvm_schedule.register_tile(49, 49, 16, 15, may_pad=True)[2], 16)


class Compiled(unittest.TestCase):
    @unittest.skipUnless(PYTHON.exists(), "TVM is not installed: scripts/baselines/setup.sh tvm")
    def test_scheduled_models_compute_what_unscheduled_ones_do(self):
        done = subprocess.run([PYTHON, "-c", PROGRAM], cwd=FOLDER, capture_output=True, text=True, check=False,
                              env={**os.environ, "TVM_NUM_THREADS": "2", "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
