"""TVM (Relax) on the CPU: imported from ONNX, scheduled by the rules of tvm_schedule.py, compiled here, not tuned."""

from conversion import PLAIN_RULES, converted, in_plain_operators, keep_only
from hetscope_baseline import Baseline, Unsupported, metric, output, package_version, serve


class Tvm(Baseline):
    name = "tvm"
    packages = ("apache-tvm", "onnx", "numpy")

    def load(self, request):
        import tvm_schedule

        converter = f"relax-plain-{PLAIN_RULES}-scheduled-{tvm_schedule.RULES}"
        place, notes = converted(request, converter, package_version("apache-tvm"),
                                 lambda directory: self._compile(request, directory))
        import numpy
        import tvm
        from tvm import relax

        self.request = request
        self.numpy = numpy
        device = tvm.cpu()
        self.machine = relax.VirtualMachine(tvm.runtime.load_module(str(place / "model.so")), device)
        kinds = (place / "inputs.txt").read_text(encoding="utf-8").split()
        self.feed = [tvm.runtime.tensor(request.array(tensor, kind), device)
                     for tensor, kind in zip(request.inputs, kinds)]
        self.main = self.machine["main"]
        self.operators = int((place / "operators.txt").read_text(encoding="utf-8"))
        self.results = None
        return {**notes, "schedule": (place / "schedule.txt").read_text(encoding="utf-8")}

    @staticmethod
    def _compile(request, directory):
        import onnx
        import tvm_build
        from tvm.relax.frontend.onnx import from_onnx

        source, notes = in_plain_operators(request.model, directory, "lstm")
        model = onnx.load(source)
        shapes = {tensor.name: list(tensor.shape) for tensor in request.inputs}
        names = {onnx.TensorProto.INT64: "int64", onnx.TensorProto.INT32: "int32", onnx.TensorProto.BOOL: "bool"}
        kinds = {item.name: names.get(item.type.tensor_type.elem_type, "float32") for item in model.graph.input}
        kinds = {name: kinds[name] for name in shapes}
        module = from_onnx(model, shape_dict=shapes, dtype_dict=kinds, keep_params_in_input=False)
        executable, taken = tvm_build.build(module, request.threads)
        executable.export_library(str(directory / "model.so"))
        (directory / "inputs.txt").write_text(" ".join(kinds.values()), encoding="utf-8")
        (directory / "operators.txt").write_text(str(sum(taken.values())), encoding="utf-8")
        counts = ", ".join(f"{rule} {number}" for rule, number in sorted(taken.items()))
        (directory / "schedule.txt").write_text(f"rules of tvm_schedule.py, not tuned; functions by rule: {counts}",
                                                encoding="utf-8")
        keep_only(directory, "model.so", "inputs.txt", "operators.txt", "schedule.txt")
        return notes

    def run(self):
        results = self.main(*self.feed)
        self.results = [results] if hasattr(results, "numpy") else list(results)

    def outputs(self):
        if len(self.results) != len(self.request.outputs):
            raise Unsupported(f"{len(self.results)} outputs, not {len(self.request.outputs)}")
        return [output(name, value.numpy()) for name, value in zip(self.request.outputs, self.results)]

    def evidence(self):
        return {"metrics": {"optimised_operators": metric(self.operators)}, "placement": [
            {"requested": "cpu", "actual": "cpu", "evidence": "compiled for llvm, run by tvm.cpu()"}]}


serve(Tvm())
