"""ONNX Runtime on the CPU, by its Python package. Its f32 output is the reference of all baselines."""

import collections
import contextlib
import json
import os

from hetscope_baseline import Baseline, operator_metrics, output, serve

OPTIMISED_DATA = "optimised.data"


class OnnxRuntime(Baseline):
    name = "onnxruntime"
    packages = ("onnxruntime", "onnx", "numpy")

    def load(self, request):
        import onnxruntime

        self.request = request
        self.optimised = os.path.join(request.work, "optimised.onnx")
        options = self._options(onnxruntime)
        options.optimized_model_filepath = self.optimised
        if os.path.exists(request.model + ".data"):  # too large for one file, and so is what is made of it
            options.add_session_config_entry("session.optimized_model_external_initializers_file_name", OPTIMISED_DATA)
        self.session = onnxruntime.InferenceSession(request.model, options, providers=["CPUExecutionProvider"])
        types = {item.name: item.type for item in self.session.get_inputs()}
        kinds = {"tensor(int64)": "int64", "tensor(bool)": "bool", "tensor(float16)": "float16",
                 "tensor(uint8)": "uint8"}
        self.feed = {t.name: request.array(t, kinds.get(types.get(t.name))) for t in request.inputs}
        self.results = None
        self.found = None
        return {}

    def _options(self, onnxruntime):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.request.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return options

    def run(self):
        self.results = self.session.run(self.request.outputs, self.feed)

    def outputs(self):
        return [output(name, values) for name, values in zip(self.request.outputs, self.results)]

    def evidence(self):
        if self.found is None:
            self.found = self._look()
        return self.found

    def _look(self):
        import onnx
        import onnxruntime

        graph = onnx.load(self.optimised, load_external_data=False).graph
        metrics = operator_metrics("optimised", (node.op_type for node in graph.node))
        for name in (self.optimised, os.path.join(self.request.work, OPTIMISED_DATA)):
            with contextlib.suppress(FileNotFoundError):
                os.remove(name)
        # A session of its own, because profiling slows.
        options = self._options(onnxruntime)
        options.enable_profiling = True
        options.profile_file_prefix = os.path.join(self.request.work, "profile")
        session = onnxruntime.InferenceSession(self.request.model, options, providers=["CPUExecutionProvider"])
        session.run(self.request.outputs, self.feed)
        with open(session.end_profiling(), encoding="utf-8") as file:
            events = json.load(file)
        providers = collections.Counter(
            event["args"]["provider"] for event in events
            if event.get("cat") == "Node" and "provider" in event.get("args", {}))
        evidence = ", ".join(f"{count} nodes by {name}" for name, count in providers.items()) or "no node was profiled"
        return {"metrics": metrics, "placement": [{"requested": "cpu", "actual": "cpu", "evidence": evidence}]}


serve(OnnxRuntime())
