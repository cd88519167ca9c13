"""MNN on the CPU, by its Python package; the model is converted by its own converter."""

import contextlib
import json
import sys
import tempfile
from pathlib import Path

from conversion import PLAIN_RULES, converted, in_plain_operators, keep_only, run_converter
from hetscope_baseline import Baseline, Skipped, Unsupported, operator_metrics, output, package_version, serve

# Names that its graph has for what only moves elements.
MOVING = {"Permute": "Transpose", "ConvertTensor": "Transpose", "StridedSlice": "Slice", "SliceTf": "Slice",
          "GatherV2": "Gather", "BroadcastTo": "Expand", "Raster": "Transpose", "Padding": "Pad"}
NOT_COMPUTED = ("Input", "Const", "TrainableParam")
# Models are FlatBuffers: of a larger one the converter leaves an empty file. Weights may lie in a file of their own.
LARGEST_FLATBUFFER = 2**31


def _operators(place):
    """Kinds of the converted model's operators. Counted once: writing a large model as JSON takes 20 s."""
    counted = place / "operators.json"
    if not counted.exists():
        with tempfile.TemporaryDirectory() as work:
            run_converter([sys.executable, "-m", "MNN.tools.mnnconvert", "-f", "MNN", "--modelFile",
                           str(place / "model.mnn"), "--JsonFile", "model.json"], work, 60)
            with open(Path(work) / "model.json", encoding="utf-8") as file:
                kinds = [operator["type"] for operator in json.load(file)["oplists"]]
        making = counted.with_suffix(".making")
        making.write_text(json.dumps(kinds), encoding="utf-8")
        making.rename(counted)
    return json.loads(counted.read_text(encoding="utf-8"))


class Mnn(Baseline):
    name = "mnn"
    packages = ("MNN", "numpy")

    def load(self, request):
        place, notes = converted(request, f"mnnconvert-plain-{PLAIN_RULES}", package_version("MNN"),
                                 lambda directory: self._convert(request.model, directory))
        import MNN
        from MNN import expr, nn

        self.request = request
        self.place = place
        self.expr = expr
        runtime = nn.create_runtime_manager((
            {"backend": "CPU", "numThread": request.threads,
             "precision": "low" if request.precision == "f16" else "high"},))
        if request.precision == "f16" and not self._has_f16():
            raise Unsupported("this CPU has no f16 arithmetic that MNN uses")
        self.module = nn.load_module_from_file(str(place / "model.mnn"), [t.name for t in request.inputs],
                                               request.outputs, runtime_manager=runtime)
        if self.module is None:
            raise Unsupported("MNN does not load the converted model")
        self.feed = []
        for tensor in request.inputs:
            values = request.array(tensor)
            variable = expr.const(values.copy(), list(tensor.shape), expr.NCHW,
                                  expr.float if tensor.dtype == "f32" else expr.int)
            self.feed.append(variable)
        self.results = None
        return notes

    @staticmethod
    def _has_f16():
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        return "avx512_fp16" in text or "asimdhp" in text or "fphp" in text

    @staticmethod
    def _convert(model, directory):
        weights = Path(model + ".data")
        is_large = weights.exists() and weights.stat().st_size > LARGEST_FLATBUFFER // 2
        model, notes = in_plain_operators(model, directory, "scalars")
        # The command that MNN installs imports a logger that installs packages by pip and reports the machine's id; what
        # it calls is called here instead.
        run_converter([sys.executable, "-c", "import sys, _tools; _tools.mnnconvert(sys.argv)", "-f", "ONNX", "--modelFile",
                       model, "--MNNModel", str(directory / "model.mnn"), "--bizCode", "hetscope",
                       *(["--saveExternalData", "1"] if is_large else [])], directory)
        converted_model = directory / "model.mnn"
        if not converted_model.exists() or converted_model.stat().st_size == 0:
            raise Skipped("mnnconvert wrote no model")
        keep_only(directory, "model.mnn", "model.mnn.weight")
        return notes

    def run(self):
        results = self.module.forward(self.feed)
        self.results = results if isinstance(results, (list, tuple)) else [results]
        # Evaluation is lazy: reading makes it happen.
        for result in self.results:
            result.read()

    def outputs(self):
        # Its own layout packs channels by four; the caller wants them in the model's order.
        return [output(name, self._plain(value).read()) for name, value in zip(self.request.outputs, self.results)]

    def _plain(self, value):
        return self.expr.convert(value, self.expr.NCHW) if value.data_format == self.expr.NC4HW4 else value

    def evidence(self):
        metrics = {}
        with contextlib.suppress(Skipped, OSError, ValueError, KeyError):  # missing counts are shown by the report
            kinds = _operators(self.place)
            metrics = operator_metrics("optimised", (MOVING.get(k, k) for k in kinds if k not in NOT_COMPUTED))
        return {"metrics": metrics, "placement": [
            {"requested": "cpu", "actual": "cpu", "evidence": "the runtime has the back end CPU only"}]}


serve(Mnn())
