"""LiteRT (TFLite) on the CPU with XNNPACK, by its Python package; the model is converted by onnx2tf."""

import collections
import shutil
import sys

from hetscope_baseline import (Baseline, Skipped, Unsupported, converted, operator_metrics, output, package_version,
                               run_converter, serve)

# Names that its graph has for what only moves elements.
MOVING = {"RESHAPE": "Reshape", "TRANSPOSE": "Transpose", "SLICE": "Slice", "STRIDED_SLICE": "Slice",
          "CONCATENATION": "Concat", "SPLIT": "Split", "SPLIT_V": "Split", "GATHER": "Gather", "GATHER_ND": "GatherND",
          "PAD": "Pad", "PADV2": "Pad", "MIRROR_PAD": "Pad", "TILE": "Tile", "EXPAND_DIMS": "Unsqueeze",
          "SQUEEZE": "Squeeze", "PACK": "Concat", "UNPACK": "Split", "BROADCAST_TO": "Expand",
          "SPACE_TO_DEPTH": "SpaceToDepth", "DEPTH_TO_SPACE": "DepthToSpace"}


class LiteRt(Baseline):
    name = "litert"
    packages = ("ai-edge-litert", "onnx2tf", "tensorflow", "tensorflow-cpu", "numpy")

    def load(self, request):
        options = self._options(request)
        version = "-".join([package_version("onnx2tf"), *(word.lower() for word in options if word[0] != "-")])
        place, notes = converted(request, "onnx2tf", version,
                                 lambda directory: self._convert(request, options, directory))
        from ai_edge_litert.interpreter import Interpreter

        import numpy

        self.numpy = numpy
        self.request = request
        self.interpreter = Interpreter(str(place / "model.tflite"), num_threads=request.threads)
        self.interpreter.allocate_tensors()
        self._bind_inputs(request)
        self.found = self._match_outputs(request)
        return notes

    @staticmethod
    def _options(request):
        """LiteRT has no Erf of its own: TensorFlow's would need the Flex delegate, which its package leaves out."""
        import onnx

        graph = onnx.load(request.model, load_external_data=False).graph
        return ["-rtpo", "Erf"] if any(node.op_type == "Erf" for node in graph.node) else []

    @staticmethod
    def _convert(request, options, directory):
        # The inputs keep the order of their dimensions, so that every framework is given the same bytes: images by
        # a transpose behind the input, which is part of what is timed, everything else as it is.
        # It writes its simplified graph over the file it reads.
        shutil.copyfile(request.model, directory / "model.onnx")
        words = [sys.executable, "-m", "onnx2tf", "-i", "model.onnx", "-o", "saved", "-n", *options]
        images = [tensor.name for tensor in request.inputs if len(tensor.shape) > 2 and tensor.dtype == "f32"]
        others = [tensor.name for tensor in request.inputs if tensor.name not in images]
        words += ["-k", *images] if images else []
        words += ["-kat", *others] if others else []
        run_converter(words, directory)
        made = sorted((directory / "saved").glob("*_float32.tflite"))
        if not made:
            raise Skipped("onnx2tf wrote no float32 model")
        made[0].rename(directory / "model.tflite")
        shutil.rmtree(directory / "saved")
        for path in directory.glob("*.onnx*"):
            path.unlink()

    def _bind_inputs(self, request):
        details = self.interpreter.get_input_details()
        if len(details) != len(request.inputs):
            raise Unsupported(f"the converted model has {len(details)} inputs, not {len(request.inputs)}")

        def plain(name):
            return name.removeprefix("serving_default_").split(":")[0].replace("/", "_")

        by_name = {plain(detail["name"]): detail for detail in details}
        for number, tensor in enumerate(request.inputs):
            detail = by_name.get(tensor.name.replace("/", "_"), details[number])
            values = request.array(tensor, detail["dtype"])
            if tuple(detail["shape"]) != tensor.shape:
                raise Unsupported(f"the input {tensor.name} became {tuple(detail['shape'])}, not {tensor.shape}")
            self.interpreter.set_tensor(detail["index"], values)

    def _match_outputs(self, request):
        details = self.interpreter.get_output_details()
        if len(details) != len(request.outputs):
            raise Unsupported(f"the converted model has {len(details)} outputs, not {len(request.outputs)}")
        return [detail["index"] for detail in details]

    def run(self):
        self.interpreter.invoke()

    def outputs(self):
        return [output(name, self._channels_first(self.interpreter.get_tensor(index), shape))
                for name, index, shape in zip(self.request.outputs, self.found, self.request.output_shapes)]

    @staticmethod
    def _channels_first(values, shape):
        """In the model's order of dimensions; the converter turns it for everything that it takes for an image."""
        if values.shape == shape or values.ndim < 3:
            return values
        turned = values.transpose((0, values.ndim - 1, *range(1, values.ndim - 1)))
        return turned if turned.shape == shape else values

    def evidence(self):
        kinds = [op["op_name"] for op in self.interpreter._get_ops_details()]
        counts = collections.Counter(kinds)
        delegated = counts.pop("DELEGATE", 0)
        graph = [kind for kind in kinds if kind != "DELEGATE"]
        return {"metrics": {**operator_metrics("optimised", (MOVING.get(kind, kind) for kind in graph)),
                            "partitions": {"value": delegated, "unit": "1"}},
                "placement": [{"requested": "cpu", "actual": "cpu",
                               "evidence": f"{delegated} partitions by XNNPACK, of {len(graph)} operators"}]}


serve(LiteRt())
