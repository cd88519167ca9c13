"""Brings results home: what arrives is believed when its hash is the device's, each record is this run's, and no case
came twice. Nothing takes its place in the output directory before that."""

import hashlib
import itertools
import json
import os
import pathlib
import shutil

from hetscope_device.errors import Failed, TryAgain
from hetscope_device.words import is_plain

_TRIES = 3
# What hetscope writes; the last says whose the others are, and so goes last.
_FILES = ("journal.jsonl", "records.jsonl", "run.json")


class Home:
    """What has arrived: record count, case lines without a record, and what was wrong with single lines."""

    def __init__(self):
        self.files = {}
        self.records = 0
        self.statuses = {}
        self.run_uuid = ""
        self.cases = set()
        self.started = set()
        self.faults = []


def manifest_of(answer):
    """{name: (sha256, bytes)} of the agent's `file=` lines; names that could leave the directory are refused."""
    files = {}
    for line in answer.lists.get("file", []):
        sha256, size, name = (line.split(" ", 2) + ["", ""])[:3]
        if not is_plain(name) or len(sha256) != 64 or not size.isdigit():
            raise Failed(f"the device lists a file that cannot be taken: {line[:120]!r}")
        files[name] = (sha256, int(size))
    return files


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _unpack(body, wanted, incoming):
    """Writes the files that came along with their hashes, one behind the other; whether they are whole is seen
    later."""
    if len(body) != sum(size for _, size in wanted.values()):
        return
    for name, (_, size) in wanted.items():
        (incoming / name).write_bytes(body[:size])
        body = body[size:]


def _is_whole(path, sha256):
    return path.is_file() and _sha256(path) == sha256


def pull(device, run_id, out, notice, manifest=None):
    """Brings the run's files into `out` and returns Home; `manifest` is the Answer with their hashes, where there is
    one already. Raises TryAgain when they do not arrive as the device has them."""

    def look(incoming):
        home = check(incoming)
        if any(incoming.iterdir()):
            _make_way(pathlib.Path(out), home.run_uuid, notice)
        return home

    home, home.files = bring(device, run_id, out, look, manifest)
    return home


def _make_way(out, run_uuid, notice):
    """Moves aside what is at home of another run: when a run begins anew, the records of the one before stay."""
    there = [name for name in _FILES if (out / name).is_file()]
    if not there or _run_uuid(out / "run.json") == run_uuid:
        return
    numbered = (out.resolve().with_name(f"{out.resolve().name}.earlier-{number}") for number in itertools.count(1))
    aside = next(path for path in numbered if not path.exists())
    aside.mkdir()
    for name in there:
        os.replace(out / name, aside / name)
    notice(f"{out} held records of an earlier run; they are in {aside}")


def _run_uuid(run_json):
    """An empty text where there is none. Raises Failed when it cannot be read."""
    try:
        return json.loads(run_json.read_text(encoding="utf-8")).get("run_uuid", "")
    except FileNotFoundError:
        return ""
    except (ValueError, AttributeError) as error:
        raise Failed(f"{run_json} cannot be read: {error}") from None


def bring(device, run_id, out, look, manifest=None):
    """Brings the files into `out` after `look(directory)` has not refused them. Returns (what it returned, the files)."""
    out = pathlib.Path(out)
    incoming = out / ".incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    try:
        manifest = manifest or device.ask("manifest", run_id, timeout_s=120.0)
        wanted = manifest_of(manifest)
        _unpack(manifest.body, wanted, incoming)
        for name, (sha256, size) in wanted.items():
            tries = 0
            while not _is_whole(incoming / name, sha256):
                if tries == _TRIES:
                    raise TryAgain(f"{device.name}: {name} did not arrive whole in {_TRIES} tries")
                device.pull(f"runs/{run_id}/out/{name}", incoming / name, size)
                tries += 1
        seen = look(incoming)
        for name in wanted:
            with open(incoming / name, "rb") as stream:
                os.fsync(stream.fileno())
            os.replace(incoming / name, out / name)
        return seen, wanted
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def check(directory):
    """Reads a run's files and returns Home. Raises Failed when they are not one run's, or a case came twice."""
    home = Home()
    run_json, records = directory / "run.json", directory / "records.jsonl"
    if not run_json.is_file():
        return home
    home.run_uuid = _run_uuid(run_json)
    last = {}
    for number, record in _lines(records, home.faults):
        if record.get("run_uuid") != home.run_uuid:
            raise Failed(
                f"records.jsonl line {number} belongs to run {str(record.get('run_uuid'))[:40]}, not to this one"
            )
        case = str(record.get("case"))
        # A case that was tried again after a failure has its earlier record, too; the last counts.
        if case in last and last[case] in ("ok", "unsupported", "skipped"):
            raise Failed(f"records.jsonl line {number}: a finished case came twice: {case[:200]}")
        last[case] = record.get("status")
    for _, line in _lines(directory / "journal.jsonl", home.faults):
        if isinstance(line.get("started"), str):
            home.started.add(line["started"])
    home.cases = set(last)
    home.records = len(last)
    for status in last.values():
        home.statuses[str(status)] = home.statuses.get(str(status), 0) + 1
    return home


def _lines(path, faults):
    if not path.is_file():
        return
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                faults.append(f"{path.name} line {number} is unfinished")
                continue
            try:
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise ValueError("not an object")
            except (ValueError, RecursionError) as error:
                faults.append(f"{path.name} line {number}: {error}")
                continue
            yield number, value
