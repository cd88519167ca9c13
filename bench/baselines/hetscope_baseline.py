"""The protocol between hetscope and a program that runs a model with some framework (docs/baselines.md).

Only the standard library. A program derives from Baseline, imports its framework inside load(), and ends with
`serve(TheClass())`. Whatever the framework prints goes to standard error: the channel is a saved copy of standard output.
"""

import collections
import gc
import importlib.metadata
import json
import os
import resource
import sys
import time
from pathlib import Path

PROTOCOL = "hetscope/baseline/1"
# Operators that only move or rename elements; scripts/models counts them the same way.
LAYOUT_OPERATORS = frozenset(
    "Reshape Transpose Slice Split Concat Squeeze Unsqueeze Flatten Expand Gather GatherND GatherElements Pad Tile "
    "DepthToSpace SpaceToDepth ScatterND Identity".split())
WARM_UP_SECONDS = 0.2
WARM_UP_RUNS = 20


class Unsupported(Exception):
    """The framework cannot do this."""


class Skipped(Exception):
    """Something optional is missing: a package, or a conversion that did not succeed."""


Tensor = collections.namedtuple("Tensor", "name dtype shape path")


class Request:
    """What hetscope asks to be loaded. Arrays of the inputs are made by array(), which needs numpy."""

    def __init__(self, message):
        self.model = message["model"]["path"]
        self.model_sha256 = message["model"]["sha256"]
        self.inputs = [Tensor(t["name"], t["dtype"], tuple(t["shape"]), t["path"]) for t in message["inputs"]]
        self.outputs = [t["name"] for t in message["outputs"]]
        self.output_shapes = [tuple(t["shape"]) for t in message["outputs"]]
        self.precision = message["precision"]
        self.device = message["device"]
        self.threads = int(message["threads"])
        self.affinity = list(message["affinity"])
        self.work = message["work"]
        self.conversions = message["conversions"]
        self.seconds_converting = 0.0  # within load(), of which they are no part

    @staticmethod
    def array(tensor, dtype=None):
        """The input's values, as the model's own type when `dtype` names it (int64, bool, float16)."""
        import numpy

        kinds = {"f32": numpy.float32, "i32": numpy.int32}
        values = numpy.fromfile(tensor.path, dtype=kinds[tensor.dtype]).reshape(tensor.shape)
        return values if dtype is None else values.astype(dtype)


class Baseline:
    name = ""
    packages = ()  # whose versions make up the receipt, the framework's own first

    def load(self, request):
        """Loads the model so that run() can be called. Raises Unsupported, Skipped or anything."""
        raise NotImplementedError

    def run(self):
        """One inference; everything is done when it returns."""
        raise NotImplementedError

    def outputs(self):
        """The last run's outputs as a list of output(...), in the order of request.outputs."""
        raise NotImplementedError

    def evidence(self):
        """{"placement": [...], "metrics": {...}, "notes": {...}}, each optional: where it ran, what the framework made
        of the graph."""
        return {}


def output(name, values):
    """An output as the protocol has it: (name, dtype, shape, bytes), from anything numpy understands."""
    import numpy

    values = numpy.asarray(values)
    dtype, kind = ("f32", numpy.float32) if values.dtype.kind == "f" else ("i32", numpy.int32)
    return name, dtype, list(values.shape), numpy.ascontiguousarray(values, dtype=kind).tobytes()


def metric(value, unit="1"):
    return {"value": value, "unit": unit}


def operator_metrics(prefix, types):
    """Metrics that count the operators and, among them, those that only move elements."""
    types = list(types)
    moving = sum(1 for kind in types if kind in LAYOUT_OPERATORS)
    return {f"{prefix}_operators": metric(len(types)), f"{prefix}_layout_operators": metric(moving)}


def package_version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


# The conversation --------------------------------------------------------------------------------------------------


class _Channel:
    def __init__(self):
        self._out = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
        self._in = os.fdopen(os.dup(0), "r", encoding="utf-8")
        os.dup2(2, 1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)

    def say(self, **message):
        self._out.write(json.dumps(message, allow_nan=False, separators=(",", ":")) + "\n")
        self._out.flush()

    def requests(self):
        for line in iter(self._in.readline, ""):
            yield json.loads(line)


def peak_memory_bytes():
    """Of this program alone: what getrusage() tells begins with the memory of the process that started it."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _receipt(baseline):
    versions = {name: package_version(name) for name in baseline.packages}
    first = next(iter(versions.values()), "0")
    return first, "; ".join(f"{name} {version}" for name, version in versions.items())


def _warm_up(baseline):
    end = time.perf_counter() + WARM_UP_SECONDS
    for _ in range(WARM_UP_RUNS):
        baseline.run()
        if time.perf_counter() > end:
            break


def _load(baseline, message):
    request = Request(message)
    if request.affinity:
        os.sched_setaffinity(0, request.affinity)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TVM_NUM_THREADS"):
        os.environ[variable] = str(request.threads)
    begin = time.perf_counter_ns()
    notes = baseline.load(request) or {}
    loaded = time.perf_counter_ns()
    baseline.run()
    first = time.perf_counter_ns()
    _warm_up(baseline)
    version, packages = _receipt(baseline)
    seconds = (loaded - begin) / 1e9 - request.seconds_converting
    metrics = {"load": metric(seconds, "s"), "first_run": metric((first - loaded) / 1e9, "s")}
    return {"metrics": metrics, "notes": {"version": version, "packages": packages, **notes}}


def _run(baseline, iterations):
    clock, run, samples = time.perf_counter_ns, baseline.run, []
    for _ in range(iterations):
        begin = clock()
        run()
        samples.append(clock() - begin)
    return samples


def _report(baseline, work):
    memory = peak_memory_bytes()
    tensors = []
    for number, (name, dtype, shape, data) in enumerate(baseline.outputs()):
        path = os.path.join(work, f"output-{number}.bin")
        with open(path, "wb") as file:
            file.write(data)
        tensors.append({"name": name, "dtype": dtype, "shape": shape, "path": path})
    evidence = baseline.evidence()
    metrics = {"peak_memory": metric(memory, "B"), **evidence.get("metrics", {})}
    return {"outputs": tensors, "placement": evidence.get("placement", []), "metrics": metrics,
            "notes": evidence.get("notes", {})}


def serve(baseline):
    """Answers --version, or requests until the other side closes the channel."""
    channel = _Channel()
    if sys.argv[1:] == ["--version"]:
        version, packages = _receipt(baseline)
        channel.say(answer="receipt", protocol=PROTOCOL, name=baseline.name, version=version,
                    notes={"packages": packages})
        return
    work = None
    gc.disable()  # a collection in the middle of a run would be billed to the framework
    for message in channel.requests():
        try:
            if message["request"] == "load":
                work = message["work"]
                channel.say(answer="ready", **_load(baseline, message))
            elif message["request"] == "run":
                channel.say(answer="samples", ns=_run(baseline, int(message["iterations"])))
            elif message["request"] == "report":
                channel.say(answer="report", **_report(baseline, work))
            else:
                channel.say(answer="failed", reason=f"unknown request {message['request']!r}")
        except Unsupported as reason:
            channel.say(answer="unsupported", reason=str(reason))
        except Skipped as reason:
            channel.say(answer="skipped", reason=str(reason))
        except Exception as error:  # the one line that becomes the row's reason
            channel.say(answer="failed", reason=f"{type(error).__name__}: {str(error).strip()[:1000]}")
