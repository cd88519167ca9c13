"""LiteRT (TFLite) on the CPU with XNNPACK, by its Python package; the model is converted by onnx2tf."""

import collections
import shutil
import sys

from conversion import PLAIN_RULES, converted, in_plain_operators, keep_only, run_converter
from hetscope_baseline import Baseline, Skipped, Unsupported, operator_metrics, output, package_version, serve

# Names that its graph has for what only moves elements.
MOVING = {"RESHAPE": "Reshape", "TRANSPOSE": "Transpose", "SLICE": "Slice", "STRIDED_SLICE": "Slice",
          "CONCATENATION": "Concat", "SPLIT": "Split", "SPLIT_V": "Split", "GATHER": "Gather", "GATHER_ND": "GatherND",
          "PAD": "Pad", "PADV2": "Pad", "MIRROR_PAD": "Pad", "TILE": "Tile", "EXPAND_DIMS": "Unsqueeze",
          "SQUEEZE": "Squeeze", "PACK": "Concat", "UNPACK": "Split", "BROADCAST_TO": "Expand",
          "SPACE_TO_DEPTH": "SpaceToDepth", "DEPTH_TO_SPACE": "DepthToSpace"}

# onnx2tf as far as TensorFlow's own format. What it would do next in the same process, LiteRT's format in f32 and f16,
# takes more memory than all before (24 GB of a model of half a GB): here it happens in another one, in f32.
TO_TENSORFLOW = """
import sys
import tensorflow
def stop(model):
    sys.exit(0)
tensorflow.lite.TFLiteConverter.from_keras_model = stop
import onnx2tf
onnx2tf.main()
"""
TO_LITERT = """
import tensorflow
converter = tensorflow.lite.TFLiteConverter.from_saved_model("saved")
converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS, tensorflow.lite.OpsSet.SELECT_TF_OPS]
with open("model.tflite", "wb") as file:
    file.write(converter.convert())
"""


class LiteRt(Baseline):
    name = "litert"
    packages = ("ai-edge-litert", "onnx2tf", "tensorflow", "tensorflow-cpu", "numpy")

    def load(self, request):
        place, notes = converted(request, f"onnx2tf-plain-{PLAIN_RULES}", package_version("onnx2tf"),
                                 lambda directory: self._convert(request, directory))
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
    def _options(model):
        """LiteRT has no Erf of its own: TensorFlow's would need the Flex delegate, which its package leaves out."""
        import onnx

        graph = onnx.load(model, load_external_data=False).graph
        return ["-rtpo", "Erf"] if any(node.op_type == "Erf" for node in graph.node) else []

    @staticmethod
    def _convert(request, directory):
        # The inputs keep the order of their dimensions, so that every framework is given the same bytes: images by
        # a transpose behind the input, which is part of what is timed, everything else as it is.
        # It writes its simplified graph over the file it reads.
        source, notes = in_plain_operators(request.model, directory, "lstm", "slices")
        shutil.copyfile(source, directory / "model.onnx")
        words = [sys.executable, "-c", TO_TENSORFLOW, "-i", "model.onnx", "-o", "saved", "-n", *LiteRt._options(source)]
        images = [tensor.name for tensor in request.inputs if len(tensor.shape) > 2 and tensor.dtype == "f32"]
        others = [tensor.name for tensor in request.inputs if tensor.name not in images]
        words += ["-k", *images] if images else []
        words += ["-kat", *others] if others else []
        run_converter(words, directory)
        if not (directory / "saved" / "saved_model.pb").exists():
            raise Skipped("onnx2tf wrote no model of TensorFlow")
        run_converter([sys.executable, "-c", TO_LITERT], directory)
        keep_only(directory, "model.tflite")
        return notes

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
        """By their shapes, for the converter keeps neither their names nor their order; those of one shape in the order
        in which they come."""
        details = self.interpreter.get_output_details()
        if len(details) != len(request.outputs):
            raise Unsupported(f"the converted model has {len(details)} outputs, not {len(request.outputs)}")
        found = []
        for shape in request.output_shapes:
            fitting = ([detail for detail in details if tuple(detail["shape"]) == shape] or
                       [detail for detail in details if sorted(detail["shape"]) == sorted(shape)] or details)
            details.remove(fitting[0])
            found.append(fitting[0]["index"])
        return found

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
