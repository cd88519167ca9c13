"""The table of what devices, adb and ssh say when something is wrong (quirks.json), and what the driver makes of it."""

import json
import pathlib
import re

from hetscope_device import errors
from hetscope_device.words import printable

_OUTCOMES = {
    "link_lost": errors.LinkLost,
    "try_again": errors.TryAgain,
    "sick": errors.DeviceSick,
    "failed": errors.Failed,
}


class Quirk:
    def __init__(self, entry):
        self.id = entry["id"]
        self.where = entry["where"]
        self.pattern = re.compile(entry["pattern"], re.MULTILINE)
        self.error = _OUTCOMES[entry["outcome"]]
        self.meaning = entry["meaning"]
        self.remedy = entry["remedy"]
        self.examples = entry["examples"]


def load():
    path = pathlib.Path(__file__).with_name("quirks.json")
    return [Quirk(entry) for entry in json.loads(path.read_text(encoding="utf-8"))["quirks"]]


_TABLE = load()


def find(where, text):
    """The first quirk of `where` that `text` shows, or None."""
    for quirk in _TABLE:
        if quirk.where == where and quirk.pattern.search(text):
            return quirk
    return None


def error_for(where, text, device, otherwise):
    """The exception for `text`; `otherwise` is the class when the table does not know it."""
    quirk = find(where, text)
    said = printable(text.strip().splitlines()[-1])[:200] if text.strip() else ""
    if quirk is None:
        return otherwise(f"{device}: {said or 'no answer'}")
    error = quirk.error(f"{device}: {quirk.meaning}" + (f": {said}" if said else ""), quirk.remedy)
    error.quirk = quirk.id
    return error
