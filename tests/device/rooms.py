"""Where the device tests live: a network of their own with loopback only (adbd asks nobody for a password), mounts and
processes of their own, and a RAM disk that all of it goes away with. What cannot be had makes the tests skip, with the
reason."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
_INSIDE = "HETSCOPE_TEST_ROOM"


def skip(reason):
    """Ends the test program so that ctest says `Skipped`."""
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


def daemons_or_skip(directory):
    """The folder that fetch_daemons.sh filled."""
    daemons = pathlib.Path(directory).resolve()
    if (daemons / "missing").is_file():
        skip((daemons / "missing").read_text().strip())
    if not (daemons / "complete").is_file():
        skip(f"no adbd, adb and sshd in {daemons}: run tests/device/fetch_daemons.sh {daemons}")
    return daemons


def enter(directory, own_users=False):
    """Starts this program again in namespaces of its own, where `directory` is an empty RAM disk; returns there its
    path. With `own_users` binfmt_misc belongs to the room, too."""
    directory = pathlib.Path(directory).resolve()
    if os.environ.get(_INSIDE) != str(directory):
        directory.mkdir(parents=True, exist_ok=True)
        words = [
            "unshare",
            *(["--map-root-user"] if own_users or os.getuid() != 0 else []),
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]
        try:
            probe = subprocess.run([*words, "true"], capture_output=True, text=True)
        except OSError as error:
            skip(f"cannot run unshare: {error.strerror}")
        if probe.returncode != 0:
            skip(f"no namespaces of one's own here: {probe.stderr.strip()}")
        os.environ[_INSIDE] = str(directory)
        os.execvp(words[0], [*words, sys.executable, *sys.argv])
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return directory
