"""Runs hetscope on phones, boards and this machine, and brings every record home exactly once."""

__version__ = "0.1.0"
