"""Words for the device's shell. Nothing from a device, a scenario or the command line goes to a shell but through
here."""

import re
import shlex


def command(*words):
    """One shell command whose every word is taken literally."""
    return " ".join(shlex.quote(str(word)) for word in words)


def is_plain(name):
    """A name that needs no quoting anywhere and cannot leave its directory."""
    return re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}", name) is not None


def printable(text):
    """Text from a device for a terminal: no control characters, no escape sequences."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
