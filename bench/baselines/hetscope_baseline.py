"""The protocol between hetscope and a program that runs a model with some framework (docs/baselines.md).

Only the standard library. A program derives from Baseline, imports its framework inside load(), and ends with
`serve(TheClass())`. Whatever the framework prints goes to standard error: the channel is a saved copy of standard output.
"""

import collections
import contextlib
import ctypes
import fcntl
import gc
import hashlib
import importlib.metadata
import importlib.util
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROTOCOL = "hetscope/baseline/1"
# Operators that only move or rename elements; scripts/models counts them the same way.
LAYOUT_OPERATORS = frozenset(
    "Reshape Transpose Slice Split Concat Squeeze Unsqueeze Flatten Expand Gather GatherND GatherElements Pad Tile "
    "DepthToSpace SpaceToDepth ScatterND Identity".split())
WARM_UP_SECONDS = 0.2
WARM_UP_RUNS = 20
# Of plain_onnx.py and of what each baseline wishes of it and does around its converter: raised when what comes out of
# these changes, so that models are converted anew.
PLAIN_RULES = 3
GRACE_SECONDS = 5  # for a conversion to say that its converter took too long


class Unsupported(Exception):
    """The framework cannot do this."""


class Skipped(Exception):
    """Something optional is missing: a package, or a conversion that did not succeed."""


class TookTooLong(Skipped):
    """A converter did not end in the time it was given."""


class Passing(Skipped):
    """A conversion failed of something that is not its own: it is tried again."""


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


def file_sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


# Conversions -------------------------------------------------------------------------------------------------------


def _die_with_parent():
    """And before it and all others when memory runs out: converters have taken more than a machine has."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _seconds_allowed():
    return min(float(os.environ.get("HETSCOPE_CONVERSION_SECONDS", "80")), 1e6)


def run_converter(words, directory, seconds=None):
    """Runs a converter in `directory`. Its output goes to converter.log there; Skipped says how it failed."""
    limit = _seconds_allowed() if seconds is None else seconds
    log = Path(directory) / "converter.log"
    with open(log, "ab") as file:
        begin = file.tell()
        try:
            done = subprocess.run(words, cwd=directory, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                  timeout=limit, preexec_fn=_die_with_parent, check=False)
        except subprocess.TimeoutExpired:
            raise TookTooLong(f"{Path(words[0]).name} took more than {limit:g} s; "
                              "scripts/baselines/convert.py converts without that limit") from None
        except OSError as error:
            raise Skipped(f"{words[0]}: {error.strerror}") from None
    if done.returncode == -signal.SIGKILL:
        raise Passing(f"{Path(words[0]).name} was killed, perhaps for want of memory")
    if done.returncode != 0:
        raise Skipped(f"{Path(words[0]).name} ended with {done.returncode}: {_last_words(log, begin)}")


def _last_words(log, begin):
    lines = [line.strip() for line in log.read_bytes()[begin:].decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "upport" in line]
    return (telling or lines or ["it printed nothing"])[-1][:300]


def converted(request, converter, version, convert):
    """The directory that convert(directory) filled for this model, made once and kept with its hash.

    convert may return notes for the record. It runs in a process of its own, so that neither its memory nor its time is
    the framework's. A conversion that failed is kept as well, so that the next case does not wait for it again; one
    that took too long, until there is more time for it. Returns the path and notes for the record.
    """
    kind = f"{converter}-{version}-{request.precision}".replace("/", "_")
    place = Path(request.conversions) / kind / request.model_sha256[:16]
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{place}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be at the same model
        facts = _kept(place)
        if facts is None:
            about = {"converter": f"{converter} {version}", "model_sha256": request.model_sha256}
            facts = _make(place, about, lambda making: _conversion(converter, convert, making))
            request.seconds_converting += facts["seconds"]
    if "failed" in facts:
        raise Skipped(f"not converted: {facts['failed']}")
    notes = {"converter": facts["converter"], "conversion_sha256": facts["sha256"],
             "conversion_seconds": f"{facts['seconds']:.1f}", **facts.get("notes", {})}
    return place, notes


def _kept(place):
    """What is known of the conversion that is there; None: there is none, or it shall be made again."""
    try:
        facts = json.loads((place / "conversion.json").read_text())
        late = facts.get("allowed_seconds", math.inf) < _seconds_allowed()
        return None if late or not ("failed" in facts or "sha256" in facts) else facts
    except (OSError, ValueError, AttributeError):
        return None


def _make(place, about, work):
    """Fills `place` by work(directory) and returns what came of it, which is kept unless it may come out otherwise."""
    for rest in [place, *place.parent.glob(f"{place.name}.????????")]:  # the latter of those that were killed meanwhile
        shutil.rmtree(rest, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=place.name + ".", dir=place.parent))
    begin = time.perf_counter()
    facts = {**about, **_in_another_process(lambda: work(making), making)}
    facts["seconds"] = time.perf_counter() - begin
    if facts.get("passing"):
        shutil.rmtree(making)
        return facts
    if "failed" in facts:
        keep_only(making)
    (making / "conversion.json").write_text(json.dumps(facts, indent=1))
    making.rename(place)
    return facts


def _conversion(converter, convert, making):
    try:
        notes = convert(making) or {}
        files = {str(p.relative_to(making)): file_sha256(p)
                 for p in sorted(making.rglob("*")) if p.is_file() and p.suffix != ".log"}
        return {"files": files, "sha256": hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest(),
                "notes": notes}
    except TookTooLong as reason:
        return {"failed": str(reason), "allowed_seconds": _seconds_allowed()}
    except Passing as reason:
        return {"failed": str(reason), "passing": True}
    except Skipped as reason:
        return {"failed": str(reason)}
    except Exception as error:  # whatever a converter's library throws is its refusal
        return {"failed": f"{converter}: {type(error).__name__}: {str(error).strip() or 'no reason'}"[:400]}


def _in_another_process(work, directory):
    """What work() returns there, or that and how it died."""
    answer = Path(directory) / "answer.json.log"
    child = os.fork()
    if child == 0:
        try:
            _die_with_parent()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, _seconds_allowed() + GRACE_SECONDS)
            answer.write_text(json.dumps(work()))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    try:
        return json.loads(answer.read_text())
    except (OSError, ValueError):
        died_of = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if died_of == signal.SIGALRM:
            return {"failed": f"it took more than {_seconds_allowed():g} s; "
                              "scripts/baselines/convert.py converts without that limit",
                    "allowed_seconds": _seconds_allowed()}
        how = f"died of signal {died_of}" if died_of else "ended without a word"
        return {"failed": f"the conversion {how}", "passing": died_of == signal.SIGKILL}
    finally:
        answer.unlink(missing_ok=True)


def keep_only(directory, *names):
    """Removes everything else that a conversion left in its directory, but for the converter's log."""
    for path in Path(directory).iterdir():
        if path.name not in (*names, "converter.log"):
            (shutil.rmtree if path.is_dir() and not path.is_symlink() else os.unlink)(path)


def in_plain_operators(model, directory, *wishes):
    """The model with what a converter is known to stumble over rewritten (plain_onnx.py says what can be wished for):
    a path, and notes. Without any of it, and where rewriting fails, the model itself."""
    program = Path(__file__).with_name("plain_onnx.py")
    if importlib.util.find_spec("onnx") is None:
        raise Passing("onnx is not in its environment: run scripts/baselines/setup.sh")
    try:
        run_converter([sys.executable, str(program), model, "plain.onnx", *wishes], directory)
    except (TookTooLong, Passing):
        raise
    except Skipped as reason:
        return model, {"not_rewritten": str(reason)}
    plain = Path(directory) / "plain.onnx"
    return (str(plain) if plain.exists() else model), json.loads(Path(f"{plain}.json").read_text())


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
