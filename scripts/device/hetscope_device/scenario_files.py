"""Which files a scenario consists of: itself and the tables of shapes that it names. On the device they lie as they do
here, so that the scenario's relative paths hold."""

import hashlib
import json
import os
import pathlib

from hetscope_device.errors import WrongUsage

MAX_FILE_BYTES = 16 << 20


class FileToPush:
    """A host file, its SHA-256 and its place below the run's `in` directory (None for the program)."""

    def __init__(self, path, place):
        self.path = pathlib.Path(path)
        self.place = place
        digest = hashlib.sha256()
        with open(path, "rb") as stream:
            for piece in iter(lambda: stream.read(1 << 20), b""):
                digest.update(piece)
        self.sha256 = digest.hexdigest()


def _named_files(value):
    """Every {"file": "name"} and {"file": ["name", ...]} anywhere in the JSON."""
    if isinstance(value, dict):
        names = value.get("file")
        yield from (name for name in (names if isinstance(names, list) else [names]) if isinstance(name, str))
        for item in value.values():
            yield from _named_files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named_files(item)


def _read(path):
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise WrongUsage(f"{path} is no scenario: it is larger than {MAX_FILE_BYTES >> 20} MiB")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUsage(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"{path} is no JSON file: {error}") from None


def collect(scenarios):
    """([FileToPush], [place of each scenario]). Raises WrongUsage for what cannot be read."""
    paths = []
    for name in scenarios:
        path = pathlib.Path(os.path.abspath(name))
        files = [path]
        for other in _named_files(_read(path)):
            if os.path.isabs(other):
                raise WrongUsage(f"{path} names {other}", "paths in a scenario are relative to its file")
            target = pathlib.Path(os.path.normpath(path.parent / other))
            if not target.is_file():
                raise WrongUsage(f"{path} names {other}, which is not there")
            files.append(target)
        paths.append(files)
    if not paths:
        return [], []
    everything = sorted({path for files in paths for path in files})
    base = pathlib.Path(os.path.commonpath([str(path.parent) for path in everything]))
    places = {path: path.relative_to(base).as_posix() for path in everything}
    for place in places.values():
        if "\n" in place or "\0" in place:
            raise WrongUsage(f"a scenario's path holds a line break: {place!r}", "rename it")
    return [FileToPush(path, places[path]) for path in everything], [places[files[0]] for files in paths]
