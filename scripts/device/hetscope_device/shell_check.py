"""Does this device's shell do what the driver relies on? Each check says what it found, what follows, and what would
mend it. The bundle is one redacted tar that a user can send when something fails."""

import io
import os
import re
import tarfile
import tempfile

from hetscope_device import state
from hetscope_device.errors import DriverError
from hetscope_device.redact import Redaction
from hetscope_device.scenario_files import FileToPush

TOOLS = ("setsid", "nohup", "sha256sum", "timeout", "tail", "head", "df", "readlink", "ln")
ANDROID_TOOLS = ("getprop", "dumpsys", "cmd", "settings", "svc", "perfetto")
_NEEDED = ("tail", "head", "df", "readlink", "ln")


class Check:
    """verdict: well, warning or wrong."""

    def __init__(self, name, verdict, found, remedy=""):
        self.name = name
        self.verdict = verdict
        self.found = found
        self.remedy = remedy

    def line(self):
        return f"{self.verdict:8}{self.name:22}{self.found}" + (f"\n{'':30}-> {self.remedy}" if self.remedy else "")


def _round_trip(device):
    """Bytes that a line-ending or character-set conversion would break go there and come back."""
    content = bytes(range(256)) * 64 + b"\r\n\n\r\x00\xff"
    with tempfile.TemporaryDirectory(prefix="hetscope device ") as directory:
        path = os.path.join(directory, "a file with blanks")
        with open(path, "wb") as stream:
            stream.write(content)
        file = FileToPush(path, None)
        device.push_to_cache(path, file.sha256, "shell-check")
        back = os.path.join(directory, "back")
        device.pull(f"cache/{file.sha256}", back, len(content))
        with open(back, "rb") as stream:
            same = stream.read() == content
    return Check(
        "copy",
        "well" if same else "wrong",
        f"{len(content)} bytes there and back " + ("unchanged" if same else "CHANGED"),
        "" if same else "another cable, another adb",
    )


def _exit_status(device):
    result = device.transport.shell("exit 7")
    good = result.status == 7
    return Check("exit status", "well" if good else "wrong", f"'exit 7' arrives as {result.status}")


def _quoting(device):
    hostile = "a 'b' \"c\" $(id) `id` ; & | > * \\ é"
    answer = device.ask("tools", hostile)
    good = answer.text.strip() == f"{hostile}=no"
    return Check(
        "quoting",
        "well" if good else "wrong",
        "special characters arrive as they are" if good else f"arrives as {answer.text[:80]!r}",
    )


def _tools_of(device):
    """What is expected there: a board has no Android tools, and nothing follows from that."""
    return TOOLS + ANDROID_TOOLS if device.transport.kind == "adb" else TOOLS


def _tools(device):
    tools = _tools_of(device)
    answer = device.ask("tools", *tools)
    missing = [tool for tool in tools if answer.get(tool) != "yes"]
    checks = [
        Check(
            "tools",
            "well" if not missing else "warning",
            "all there" if not missing else "missing: " + ", ".join(missing),
        )
    ]
    broken = [tool for tool in missing if tool in _NEEDED]
    if broken:
        checks.append(
            Check(
                "needed tools",
                "wrong",
                "missing: " + ", ".join(broken),
                "install toybox or busybox in the shell's PATH",
            )
        )
    if "setsid" in missing:
        checks.append(Check("detaching", "warning", "no setsid: a lost link may end a run", "keep the cable in"))
    return checks


def _state(device):
    now, _ = state.collect(device)
    # What only another user may read; everything else is not there.
    root = "adb root, where the build allows it" if device.transport.kind == "adb" else "as root it can be read"
    checks = [
        Check(f"state: {name}", "warning", reason, root if re.search("cannot be read|[Pp]ermission", reason) else "")
        for name, reason in sorted(now["missing"].items())
        if device.transport.kind == "adb" or reason.removeprefix("missing: ") not in ANDROID_TOOLS
    ]
    free_kib = now.get("free_kib")
    if free_kib is not None:
        checks.append(
            Check(
                "free space",
                "well" if free_kib > 200 * 1024 else "warning",
                f"{free_kib // 1024} MiB",
                "" if free_kib > 200 * 1024 else "hetscope-device clean, or free some space",
            )
        )
    temperature = now.get("temperature", {})
    known = (
        temperature.get("thermal_status") is not None
        or temperature.get("battery_c") is not None
        or temperature.get("zones_c")
    )
    checks.append(
        Check(
            "temperature",
            "well" if known else "warning",
            "can be read" if known else "cannot be read",
            "" if known else "throttling will go unseen",
        )
    )
    return checks


def check_shell(device):
    """[Check]; a check that raises becomes one that says why."""
    checks = [Check("directory", "well", device.root)]
    for part in (_exit_status, _quoting, _round_trip, _tools, _state):
        try:
            result = part(device)
            checks += result if isinstance(result, list) else [result]
        except DriverError as error:
            checks.append(Check(part.__name__.strip("_").replace("_", " "), "wrong", error.what, error.remedy))
    return checks


def write_bundle(path, device, checks, adb_listing):
    """A tar with the checks and the device's raw answers, redacted."""
    redaction = Redaction(device.name, getattr(device.transport, "serial", ""))
    texts = {
        "checks.txt": "\n".join(check.line() for check in checks),
        "adb_devices.txt": adb_listing,
        "transport.txt": repr(device.transport.describe()),
        "root.txt": f"{device.root}\n{device.machine}\n",
    }
    for name, words in (("state.txt", ("state",)), ("tools.txt", ("tools", *TOOLS, *ANDROID_TOOLS))):
        try:
            texts[name] = device.ask_once(*words, timeout_s=30.0).text
        except DriverError as error:
            texts[name] = str(error)
    with tarfile.open(path, "w:gz") as bundle:
        for name, text in sorted(texts.items()):
            content = redaction.apply(text).encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"hetscope-shell-check/{name}")
            entry.size = len(content)
            entry.mode = 0o644
            bundle.addfile(entry, io.BytesIO(content))
