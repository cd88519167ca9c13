"""The same driver over ssh, against an sshd on loopback: a good run, a link that goes and comes back, keys that are
refused, and a login shell that is no POSIX shell.

Usage: ssh_test.py DAEMONS ROOM [unittest options]; DAEMONS: filled by fetch_daemons.sh, ROOM: a folder for a RAM disk.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import phone
import rooms
from driver_case import DONE, FAILED, SICK, STUB, TRY_AGAIN, DriverCase


class Board:
    """An sshd behind a cable. It knows one key; its user is who runs the tests."""

    def __init__(self, directory, daemons):
        self._daemons = daemons / "root"
        self.home = directory / "home"
        (self.home / ".ssh").mkdir(parents=True)
        self.keys = directory / "authorized_keys"
        for name in ("host_key", "user_key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
        shutil.copy(directory / "user_key.pub", self.keys)
        self.user_key = directory / "user_key"
        self.other_key = directory / "other_key"
        self.port = phone.free_port()
        self.config = directory / "sshd_config"
        self.config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {directory}/host_key\nAuthorizedKeysFile {self.keys}\nPidFile none\n"
            f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
            f"SetEnv HETSCOPE_STUB_FACTS={directory / 'facts'} HOME={self.home}\n"
        )
        self.facts = directory / "facts"
        self.facts.mkdir()
        self._server = None
        self.power_on()
        self.cable = phone.Cable(self.port)

    @property
    def address(self):
        return f"ssh:127.0.0.1:{self.cable.port}"

    def power_on(self):
        words = [self._daemons / "usr/sbin/sshd", "-D", "-E", self.config.with_name("sshd.log"), "-f", self.config]
        self._server = subprocess.Popen(
            words,
            env={**os.environ, "LD_LIBRARY_PATH": phone.library_path(self._daemons)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        phone.wait_for_port(self.port)

    def close(self):
        self.cable.pull_out()
        self._server.kill()
        self._server.wait()


def prepare_sshd(room):
    """sshd wants a user and an empty directory of its own; in this room only."""
    users = pathlib.Path("/etc/passwd").read_text()
    if "\nsshd:" not in users:
        (room / "passwd").write_text(users + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n")
        subprocess.run(["mount", "--bind", room / "passwd", "/etc/passwd"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    pathlib.Path("/run/sshd").mkdir(mode=0o755)


class SshRun(DriverCase):
    daemons = None

    def setUp(self):
        super().setUp()
        # sshd's configuration takes no blanks in paths.
        self.board = Board(pathlib.Path(tempfile.mkdtemp(prefix="board-", dir=self.room)), self.daemons)
        self.addCleanup(self.board.close)

    def run_on_board(self, *options, key=None, **named):
        options = [
            "--device",
            self.board.address,
            "--binary",
            STUB,
            "--out",
            self.out,
            "--poll",
            "0.2",
            "--no-gate",
            "--ssh-option",
            f'IdentityFile="{key or self.board.user_key}"',
            "--ssh-option",
            "IdentitiesOnly=yes",
            "--ssh-option",
            "UserKnownHostsFile=/dev/null",
            *options,
        ]
        if "StrictHostKeyChecking=yes" not in options:
            options += ["--ssh-option", "StrictHostKeyChecking=no"]
        return self.start("run", *options, self.scenario("a 'scenario' $(touch pwned).json"), **named)

    def wait_for_records(self, count=1):
        phone.wait_for(
            lambda: any(
                len(path.read_bytes().splitlines()) >= count
                for path in self.board.home.glob(".cache/hetscope/runs/*/out/records.jsonl")
            ),
            f"{count} records",
        )

    def test_good_run_and_nothing_twice(self):
        self.assert_ended(self.finish(self.run_on_board()), DONE, "4 records: 4 ok")
        self.assert_all_home()
        self.out = self.directory / "second"
        self.assert_ended(self.finish(self.run_on_board()), DONE)
        self.assertEqual(self.device_record()["pushed_bytes"], 0)
        self.assertEqual(list(self.directory.glob("**/pwned")), [])

    def test_any_directory_for_temporary_files(self):
        """macOS has a long one."""
        for name in ("x" * 80, "a b %C"):
            with self.subTest(name=name), tempfile.TemporaryDirectory(prefix="hetscope-test-") as short:
                directory = pathlib.Path(short, name)
                directory.mkdir()
                self.out = self.directory / name
                self.assert_ended(self.finish(self.run_on_board(TMPDIR=str(directory))), DONE, "4 records: 4 ok")
                self.assertEqual(list(directory.iterdir()), [])

    def test_cable_is_pulled_and_put_back(self):
        (self.board.facts / "case_s").write_text("0.4")
        run = self.run_on_board()
        self.wait_for_records()
        self.board.cable.pull_out()
        self.wait_for_records(3)
        self.board.cable.plug_in()
        self.assert_ended(self.finish(run), DONE, "link lost", "the link is back")
        self.assert_all_home()

    def test_cable_stays_out(self):
        self.board.cable.pull_out()
        self.assert_ended(self.finish(self.run_on_board("--patience", "0.5")), TRY_AGAIN, "not reachable")

    def test_key_is_refused(self):
        self.assert_ended(self.finish(self.run_on_board(key=self.board.other_key)), SICK, "ssh-copy-id")

    def test_board_is_not_known(self):
        self.assert_ended(
            self.finish(self.run_on_board("--ssh-option", "StrictHostKeyChecking=yes")), SICK, "compare the key"
        )

    def test_crash_costs_one_case(self):
        (self.board.facts / "crash_at").write_text("2")
        self.assert_ended(self.finish(self.run_on_board()), FAILED)
        self.assert_all_home(4, failed=1)


if __name__ == "__main__":
    SshRun.daemons = rooms.daemons_or_skip(sys.argv[1])
    if shutil.which("ssh") is None:
        rooms.skip("no ssh client: apt-get install openssh-client")
    SshRun.room = rooms.enter(sys.argv[2])
    prepare_sshd(SshRun.room)
    del sys.argv[1:3]
    unittest.main()
