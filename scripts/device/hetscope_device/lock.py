"""One run at a time on a device: a file lock among this host's processes, a lease on the device against other hosts.
Neither survives its holder: the kernel drops the one, the other ends with the boot or when it is not renewed."""

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile

from hetscope_device.errors import TryAgain, WrongUsage

LEASE_S = 300


class TakenOver(TryAgain):
    """The lease ran out and another run has the device now."""


def _directory():
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isdir(runtime):
        base = os.path.join(runtime, "hetscope-device")
    else:
        base = os.path.join(tempfile.gettempdir(), f"hetscope-device-{os.getuid()}")
    os.makedirs(base, mode=0o700, exist_ok=True)
    status = os.lstat(base)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise WrongUsage(f"{base} is not this user's directory", "remove it, or set XDG_RUNTIME_DIR")
    return base


@contextlib.contextmanager
def host_lock(identity, name):
    """Raises TryAgain when another process of this host has the device."""
    path = os.path.join(
        _directory(), hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32] + ".lock"
    )
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TryAgain(f"{name}: another process of this host is using it") from None
        yield
    finally:
        os.close(descriptor)


def lock_device(device, token, notice):
    """Locks, and puts back what sessions have left that never came back. Raises TryAgain when another run has the
    device."""
    answer = device.ask_all(("lock", token, LEASE_S), ("restore_left",))
    if answer.get("locked") == "yes":
        if answer.get("broke"):
            notice(f"took over from run {answer.get('broke')[:40]}, which nobody renews any more")
        for item in answer.lists.get("restored", []):
            notice(f"put back {item}, which an earlier session had left")
        return
    holder = answer.get("holder")
    if holder:
        raise TryAgain(f"{device.name}: busy with run {holder[:40]}", "try again when it has ended")
    # Somebody may have let go between the two looks; without a holder the link could not be made.
    raise TryAgain(f"{device.name}: could not be locked: {answer.text.strip()[:200]}")


def held(device, answer):
    """`answer`, of a question that asked for the lock again. Raises TakenOver when it says that another has it."""
    if answer.get("locked") == "no":
        holder = answer.get("holder")[:40]
        raise TakenOver(f"{device.name}: run {holder} took the device over", "try again when it has ended")
    return answer


def hold(device, token):
    """Renews the lease."""
    held(device, device.ask("lock", token, LEASE_S))


def unlock_device(device, token, fate=""):
    """`fate` of the run's files: "forget" removes them, "keep" says that they are at home."""
    device.ask_once("unlock", token, fate)
