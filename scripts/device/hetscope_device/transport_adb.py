"""Android devices, and whatever else runs adbd, by the adb program: old and new, over USB or the network."""

import os
import re
import shutil

from hetscope_device import process, quirks
from hetscope_device.errors import DeviceSick, LinkLost, WrongUsage
from hetscope_device.transport import Transport


def find_adb(named=None):
    adb = named or os.environ.get("ADB") or shutil.which("adb")
    if not adb:
        raise WrongUsage("adb is not installed", "apt-get install adb, or --adb PATH")
    return adb


def _run(adb, words, timeout_s, **options):
    try:
        return process.call([adb, *words], timeout_s, **options)
    except OSError as error:
        raise WrongUsage(f"cannot run {adb}: {error.strerror}", "--adb PATH") from None


def list_devices(adb, timeout_s=20.0):
    """[(serial, state, rest)] as adb tells. Raises LinkLost when adb does not answer, or what its complaint stands
    for."""
    try:
        finished = _run(adb, ["devices", "-l"], timeout_s)
    except process.CallTimedOut as error:
        raise LinkLost(f"adb: {error}") from None
    if finished.code != 0:
        said = (finished.stdout + b"\n" + finished.stderr).decode("utf-8", "replace")
        raise quirks.error_for("transport", said, "adb", LinkLost)
    devices = []
    for line in finished.stdout.decode("utf-8", "replace").splitlines():
        # A serial may hold blanks in old versions; the state is the first known word after it.
        match = re.match(
            r"(.+?)\s+(device|offline|unauthorized|authorizing|bootloader|recovery|sideload|connecting|host|rescue|"
            r"no permissions)\b(.*)$",
            line,
        )
        if match and not line.startswith(("List of", "*")):
            devices.append((match.group(1), match.group(2), match.group(3).strip()))
    return devices


def only_device(adb):
    """The serial number of the only device that is ready."""
    devices = list_devices(adb)
    ready = [serial for serial, state, _ in devices if state == "device"]
    if devices and not ready:
        states = ", ".join(f"{serial}: device {state}" for serial, state, _ in devices)
        raise quirks.error_for("transport", states, "adb", DeviceSick)
    if len(ready) != 1:
        raise WrongUsage(
            f"{len(ready)} devices are connected: " + ", ".join(ready) if ready else "no device is connected",
            "name one: --device SERIAL|ssh:HOST|local",
        )
    return ready[0]


class AdbTransport(Transport):
    kind = "adb"
    root_candidates = ("/data/local/tmp/hetscope",)

    def __init__(self, serial, adb):
        self.serial = serial
        self.name = serial
        self.identity = f"adb:{serial}"
        self._adb = adb

    @property
    def is_network(self):
        return ":" in self.serial

    def _call(self, *words, timeout_s, **options):
        return _run(self._adb, ["-s", self.serial, *words], timeout_s, **options)

    def _execute(self, script, timeout_s):
        return self._call("shell", script, timeout_s=timeout_s)

    def push(self, local, remote, timeout_s):
        self._copy("push", os.path.abspath(local), remote, timeout_s=timeout_s)

    def pull(self, remote, local, timeout_s):
        self._copy("pull", remote, os.path.abspath(local), timeout_s=timeout_s)

    def _copy(self, *words, timeout_s):
        try:
            self._copied(self._call(*words, timeout_s=timeout_s))
        except process.CallTimedOut as error:
            raise LinkLost(f"{self.name}: {error}") from None

    def reconnect(self):
        try:
            state = self._state()
            if state != "device" and self.is_network:
                # `connect` believes in a dead connection; `disconnect` first makes it look.
                if state == "offline":
                    process.call([self._adb, "disconnect", self.serial], 10.0)
                finished = process.call([self._adb, "connect", self.serial], 15.0)
                text = (finished.stdout + finished.stderr).decode("utf-8", "replace")
                quirk = quirks.find("transport", text.strip() or "?")
                if quirk is not None and quirk.error is not LinkLost:
                    raise quirks.error_for("transport", text, self.name, LinkLost)
                state = self._state()
        except process.CallTimedOut as error:
            raise LinkLost(f"{self.name}: {error}") from None
        if state in ("unauthorized", "no permissions"):
            raise quirks.error_for("transport", f"device {state}", self.name, DeviceSick)
        if state != "device":
            raise LinkLost(f"{self.name}: adb says {state or 'not found'}")
        self.shell("true", 10.0)

    def _state(self):
        return next((state for serial, state, _ in list_devices(self._adb) if serial == self.serial), "")

    def describe(self):
        try:
            version = process.call([self._adb, "version"], 10.0).stdout.decode("utf-8", "replace").splitlines()
        except (process.CallTimedOut, OSError):
            version = []
        return {"kind": "adb", "network": self.is_network, "adb": version[:2]}
