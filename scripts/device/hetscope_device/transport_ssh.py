"""Linux boards over ssh. Scripts go in by standard input, so that the user's login shell, whatever it is, reads only
one fixed line; one connection is kept for all calls."""

import os
import re
import shutil
import tempfile

from hetscope_device import process
from hetscope_device.errors import LinkLost, WrongUsage
from hetscope_device.transport import Transport
from hetscope_device.words import command


def parse_address(text):
    """[USER@]HOST[:PORT] as (destination, port); a host may be an IPv6 address in brackets."""
    match = re.fullmatch(r"(?:([^@\s]+)@)?(\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?\]|[^@:\s\[\]]+)(?::(\d{1,5}))?", text)
    if match is None or match.group(2).startswith("-") or (match.group(1) or "").startswith("-"):
        raise WrongUsage(f"'{text}' is no ssh address", "--device ssh:[USER@]HOST[:PORT]")
    user, host, port = match.groups()
    return (user + "@" if user else "") + host.strip("[]"), port


# A unix socket's path has at most 103 bytes on macOS, where $TMPDIR is long; ssh listens at one with 17 more first.
_SOCKET = "c"
_LONGEST_BASE = 103 - 17 - len("/hsd12345678/" + _SOCKET)


def make_sockets_directory(bases):
    """A new directory below the first of `bases` that is short enough for sockets, or None."""
    for base in bases:
        if len(os.fsencode(base)) <= _LONGEST_BASE and os.access(base, os.W_OK):
            return tempfile.mkdtemp(prefix="hsd", dir=base)
    return None


class SshTransport(Transport):
    kind = "ssh"
    root_candidates = ("$HOME/.cache/hetscope", "/var/tmp/hetscope", "/tmp/hetscope")

    def __init__(self, address, options=()):
        self._destination, self._port = parse_address(address)
        self.name = address
        self.identity = f"ssh:{address}"
        if shutil.which("ssh") is None:
            raise WrongUsage("ssh is not installed", "apt-get install openssh-client")
        self._sockets = make_sockets_directory((tempfile.gettempdir(), "/tmp"))
        # Without a place for its socket each call is a connection of its own, which only takes longer.
        control = '"' + f"{self._sockets}/{_SOCKET}".replace("%", "%%") + '"' if self._sockets else "none"
        self._options = [
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=10",
            "-o",
            "ServerAliveInterval=5",
            "-o",
            "ServerAliveCountMax=3",
            "-o",
            "ControlMaster=auto",
            "-o",
            "ControlPersist=30",
            "-o",
            f"ControlPath={control}",
            "-o",
            "LogLevel=ERROR",
            "-T",
        ]
        for option in options:
            self._options += ["-o", option]

    def _words(self, remote_command, *before):
        port = ["-p", self._port] if self._port else []
        return [
            "ssh",
            *before,
            *self._options,
            *port,
            "--",
            self._destination,
            *([remote_command] if remote_command else []),
        ]

    def _execute(self, script, timeout_s):
        return process.call(
            self._words("exec /bin/sh -s"), timeout_s, stdin_bytes=script.encode("utf-8", "surrogateescape") + b"\n"
        )

    def push(self, local, remote, timeout_s):
        with open(local, "rb") as source:
            self._copy(command("/bin/sh", "-c", 'cat >"$1"', "sh", remote), timeout_s, stdin_file=source)

    def pull(self, remote, local, timeout_s):
        with open(local, "wb") as sink:
            self._copy(command("cat", "--", remote), timeout_s, stdout_file=sink)

    def _copy(self, remote_command, timeout_s, **options):
        try:
            finished = process.call(self._words(remote_command), timeout_s, **options)
        except process.CallTimedOut as error:
            raise LinkLost(f"{self.name}: {error}") from None
        self._copied(finished)

    def reconnect(self):
        self._leave()
        self.shell("true", 20.0)

    def _leave(self):
        if self._sockets is None:
            return
        try:
            process.call(self._words("", "-O", "exit"), 10.0)
        except (process.CallTimedOut, OSError):
            pass
        for name in os.listdir(self._sockets):
            os.unlink(os.path.join(self._sockets, name))

    def close(self):
        self._leave()
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
