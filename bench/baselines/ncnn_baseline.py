"""ncnn on the CPU, by its Python package; the model is converted by pnnx."""

import importlib.util
from pathlib import Path

from conversion import PLAIN_RULES, converted, in_plain_operators, keep_only, run_converter
from hetscope_baseline import Baseline, Skipped, Unsupported, operator_metrics, output, package_version, serve

# Names that its graph has for what only moves elements.
MOVING = {"Permute": "Transpose", "Crop": "Slice", "ExpandDims": "Unsqueeze", "ShuffleChannel": "Transpose",
          "PixelShuffle": "DepthToSpace", "Padding": "Pad", "Packing": "Transpose", "Split": "Identity"}

# What pnnx and ncnn of today do not take, or take wrongly (plain_onnx.py).
STUMBLES = ("lstm", "rows", "bounds", "biases", "means", "ranks", "unsqueeze", "integers")


def _by_number(names):
    """in0, in1, in2 ...: pnnx numbers them in the model's order and lists them in that of their use."""
    return sorted(names, key=lambda name: (len(name), name))


class Ncnn(Baseline):
    name = "ncnn"
    packages = ("ncnn", "pnnx", "numpy")

    def load(self, request):
        place, notes = converted(request, f"pnnx-plain-{PLAIN_RULES}", package_version("pnnx"),
                                 lambda directory: self._convert(request, directory))
        import ncnn
        import numpy

        self.numpy = numpy
        self.ncnn = ncnn
        self.request = request
        self.place = place
        self.net = ncnn.Net()
        half = request.precision == "f16"
        options = self.net.opt
        options.num_threads = request.threads
        options.use_vulkan_compute = False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = half
        options.use_bf16_storage = False
        if self.net.load_param(str(place / "model.ncnn.param")) != 0:
            raise Unsupported("ncnn does not load the converted graph" + self._unknown_layers())
        if self.net.load_model(str(place / "model.ncnn.bin")) != 0:
            raise Unsupported("ncnn does not load the converted weights")
        names = _by_number(self.net.input_names())
        if len(names) != len(request.inputs):
            raise Unsupported(f"the converted model has {len(names)} inputs, not {len(request.inputs)}")
        as_numbers = notes.get("inputs_as_f32", "").split()
        self.feed = [(name, self._mat(request.array(tensor, numpy.float32 if str(place) in as_numbers else None)))
                     for place, (name, tensor) in enumerate(zip(names, request.inputs))]
        self.out_names = _by_number(self.net.output_names())
        if len(self.out_names) != len(request.outputs):
            raise Unsupported(f"the converted model has {len(self.out_names)} outputs, not {len(request.outputs)}")
        self.results = None
        return notes

    def _unknown_layers(self):
        """What pnnx could not express in ncnn's layers keeps its dotted name."""
        lines = (self.place / "model.ncnn.param").read_text(encoding="utf-8").splitlines()[2:]
        kinds = sorted({line.split()[0] for line in lines if "." in line.split()[0]})
        return f": no layer for {', '.join(kinds)}" if kinds else ""

    def _mat(self, values):
        # ncnn has no batch dimension: a leading 1 is left out.
        if values.ndim > 1 and values.shape[0] == 1:
            values = values[0]
        return self.ncnn.Mat(self.numpy.ascontiguousarray(values)).clone()

    @staticmethod
    def _convert(request, directory):
        # Importing it would need PyTorch.
        program = Path(importlib.util.find_spec("pnnx").origin).parent / "pnnx"
        source, notes = in_plain_operators(request.model, directory, *STUMBLES)
        model = directory / "model.onnx"
        model.symlink_to(source)
        # The protocol widens no integers: whether the model wants 32 or 64 bits, the converter says itself.
        as_numbers = notes.get("inputs_as_f32", "").split()
        for name in ("i32", "i64"):
            kinds = ["f32" if t.dtype == "f32" or str(place) in as_numbers else name
                     for place, t in enumerate(request.inputs)]
            shapes = ",".join("[" + ",".join(map(str, t.shape)) + "]" + kind for t, kind in zip(request.inputs, kinds))
            try:
                run_converter([str(program), "model.onnx", f"inputshape={shapes}", "fp16=0"], directory)
                break
            except Skipped as reason:
                if "input_shapes[" not in str(reason) or name == "i64":
                    raise
        for name in ("model.ncnn.param", "model.ncnn.bin"):
            if not (directory / name).exists():
                raise Skipped(f"pnnx wrote no {name}")
        keep_only(directory, "model.ncnn.param", "model.ncnn.bin")
        return notes

    def run(self):
        extractor = self.net.create_extractor()
        for name, value in self.feed:
            extractor.input(name, value)
        self.results = []
        for name in self.out_names:
            status, value = extractor.extract(name)
            if status != 0:
                raise RuntimeError(f"extracting {name} gave {status}")
            self.results.append(value)

    def outputs(self):
        return [output(name, self.numpy.array(value)) for name, value in zip(self.request.outputs, self.results)]

    def evidence(self):
        lines = (self.place / "model.ncnn.param").read_text(encoding="utf-8").splitlines()[2:]
        kinds = [line.split()[0] for line in lines if line.strip()]
        kinds = [MOVING.get(kind, kind) for kind in kinds if kind not in ("Input", "MemoryData")]
        return {"metrics": operator_metrics("optimised", kinds), "placement": [
            {"requested": "cpu", "actual": "cpu", "evidence": "Vulkan is switched off"}]}


serve(Ncnn())
