"""The device's half of the driver: the parts in agent/, one behind the other, as the one file that a device is brought."""

import hashlib
import pathlib

PARTS = ("common", "lock", "files", "run", "settings", "state", "commands")
FOLDER = pathlib.Path(__file__).with_name("agent")
TEXT = b"\n".join((FOLDER / f"{part}.sh").read_bytes() for part in PARTS)
# Another agent has another name: two versions of the driver may work with one device.
NAME = f"agent-{hashlib.sha256(TEXT).hexdigest()[:16]}.sh"
