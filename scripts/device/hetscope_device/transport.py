"""How the driver reaches a device: three verbs (shell, push, pull) and a way back after a lost link. No exit code of
adb or ssh is ever believed: a call counts when its end marker, new for each call, has arrived."""

import re
import secrets

from hetscope_device import process, quirks
from hetscope_device.errors import DriverError, LinkLost

SHELL_TIMEOUT_S = 30.0


class ShellResult:
    def __init__(self, status, output):
        self.status = status
        self.output = output

    @property
    def text(self):
        return self.output.decode("utf-8", "replace")


def marked(script, nonce):
    """`script` in a subshell without input, its two streams as one, and behind it a line that proves it ended."""
    return f"( {script}\n) </dev/null 2>&1; printf '\\n%s=%s\\n' hetscope_end_{nonce} $?"


def read_marked(output, nonce):
    """The ShellResult in what came back, or None without the end marker. Old adb daemons turn \\n into \\r\\n."""
    match = None
    for match in re.finditer(rb"\r?\nhetscope_end_" + nonce.encode() + rb"=(\d+)\r?\n", output):
        pass
    if match is None:
        return None
    before = output[: match.start()]
    if b"\r\n" in output[match.start() : match.end()]:
        before = before.replace(b"\r\n", b"\n")
    return ShellResult(int(match.group(1)), before)


class Transport:
    """`name` is what a person reads; `identity` tells devices apart on this host."""

    name = ""
    identity = ""
    kind = ""
    # Where files go, in this order of preference; words for the device's shell, "$HOME" is expanded there.
    root_candidates = ()

    def shell(self, script, timeout_s=SHELL_TIMEOUT_S):
        """Runs `script` in the device's shell. Raises LinkLost, DeviceSick, ... when it does not come back whole."""
        nonce = secrets.token_hex(8)
        try:
            finished = self._execute(marked(script, nonce), timeout_s)
        except process.CallTimedOut as error:
            raise LinkLost(f"{self.name}: {error}") from None
        result = read_marked(finished.stdout, nonce)
        if result is None:
            raise self._explain(finished)
        return result

    def push(self, local, remote, timeout_s):
        """Copies the file `local` to `remote`, a plain name under the root. What arrived must be checked by its
        hash."""
        raise NotImplementedError

    def pull(self, remote, local, timeout_s):
        raise NotImplementedError

    def reconnect(self):
        """Tries once to get the link back; raises LinkLost when it does not come, DeviceSick when it never will."""
        self.shell("true", 10.0)

    def describe(self):
        """What belongs into the record about how the device was reached."""
        return {"kind": self.kind}

    def close(self):
        pass

    def _execute(self, script, timeout_s):
        raise NotImplementedError

    def _explain(self, finished) -> DriverError:
        text = (finished.stderr + b"\n" + finished.stdout[-2000:]).decode("utf-8", "replace")
        return quirks.error_for("transport", text, self.name, LinkLost)

    def _copied(self, finished):
        """A copy's complaint, if any; its success is proven by hash later."""
        if finished.code == 0:
            return
        text = (finished.stdout + b"\n" + finished.stderr).decode("utf-8", "replace")
        where = "transport" if quirks.find("transport", text.strip() or "?") is not None else "storage"
        raise quirks.error_for(where, text, self.name, LinkLost)
