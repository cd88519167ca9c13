"""Conversions of models for baselines: made once, in a process of their own, and kept with their hash. Only the standard
library; what converts is the framework's own program."""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hetscope_baseline import Skipped

# Of plain_onnx.py and of what each baseline wishes of it and does around its converter: raised when what comes out of
# these changes, so that models are converted anew.
PLAIN_RULES = 3
# Errors of the machine, not of the model: a full disk, no memory, a sick drive.
_MACHINE_LACKS = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EIO)
GRACE_SECONDS = 5  # for a conversion to say that its converter took too long


class TookTooLong(Skipped):
    """A converter did not end in the time it was given."""


class Passing(Skipped):
    """A conversion failed of something that is not its own: it is tried again."""


def file_sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


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
        words_of_end = _last_words(log, begin)
        lacks = any(os.strerror(number) in words_of_end for number in _MACHINE_LACKS)
        raise (Passing if lacks else Skipped)(f"{Path(words[0]).name} ended with {done.returncode}: {words_of_end}")


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
    except Exception as error:  # whatever a converter's library throws is its refusal, but not what the machine lacks
        lacks = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _MACHINE_LACKS)
        return {"failed": f"{converter}: {type(error).__name__}: {str(error).strip() or 'no reason'}"[:400],
                "passing": lacks}


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
