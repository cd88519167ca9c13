"""OpenVINO on the CPU, by its Python package; it reads ONNX itself."""

from hetscope_baseline import Baseline, Unsupported, operator_metrics, output, serve

# Names that its CPU plugin has for what only moves elements.
MOVING = {"Reorder": "Transpose", "StridedSlice": "Slice", "Broadcast": "Expand", "Permute": "Transpose"}


class OpenVino(Baseline):
    name = "openvino"
    packages = ("openvino", "numpy")

    def load(self, request):
        import openvino

        core = openvino.Core()
        wanted = {"f32": "f32", "f16": "f16"}[request.precision]
        model = core.read_model(request.model)
        model.reshape({tensor.name: list(tensor.shape) for tensor in request.inputs})
        types = {port.get_any_name(): port.get_element_type().to_dtype() for port in model.inputs}
        self.compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": request.threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": wanted,
            "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False})
        took = self.compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if took != wanted:
            raise Unsupported(f"{request.precision} was asked for and {took} taken: this CPU has no {request.precision}")
        self.request = request
        self.infer_request = self.compiled.create_infer_request()
        for tensor in request.inputs:
            self.infer_request.set_tensor(tensor.name, openvino.Tensor(request.array(tensor, types[tensor.name])))
        return {"inference_precision": took}

    def run(self):
        self.infer_request.infer()

    def outputs(self):
        return [output(name, self.infer_request.get_tensor(name).data) for name in self.request.outputs]

    def evidence(self):
        kinds = []
        for node in self.compiled.get_runtime_model().get_ops():
            kind = node.get_rt_info()["layerType"].value if "layerType" in node.get_rt_info() else node.get_type_name()
            if kind not in ("Input", "Output", "Const", "Parameter", "Result"):
                kinds.append(MOVING.get(kind, kind))
        devices = ", ".join(self.compiled.get_property("EXECUTION_DEVICES"))
        return {"metrics": operator_metrics("optimised", kinds),
                "placement": [{"requested": "cpu", "actual": "cpu", "evidence": f"EXECUTION_DEVICES is {devices}"}]}


serve(OpenVino())
