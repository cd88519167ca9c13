"""Tests of the driver against real adb daemons: an adb server of the test's own and phones without phones behind it."""

import contextlib
import os
import subprocess
import sys
import time

import phone
import rooms
from driver_case import DONE, STUB, DriverCase

OTHER_RUN = "hs-" + "0" * 32  # of another host


class AdbServer:
    """One host's adb server; `environment` makes a client talk to it."""

    def __init__(self, directory, adb):
        self.adb = adb
        directory.mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(directory), "ANDROID_ADB_SERVER_PORT": str(phone.free_port())}
        self._process = subprocess.Popen(
            [adb, "nodaemon", "server"],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        phone.wait_for(lambda: self.call("devices").returncode == 0, "the adb server")

    def call(self, *words):
        return subprocess.run(
            [self.adb, *words], env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=30
        )

    def connect(self, device):
        phone.wait_for(
            lambda: "connected to" in self.call("connect", device.serial).stdout, f"adb to connect to {device.name}"
        )
        phone.wait_for(
            lambda: self.call("-s", device.serial, "get-state").stdout.strip() == "device", f"{device.name} to be there"
        )

    def stop(self):
        self._process.kill()
        self._process.wait()


class AdbCase(DriverCase):
    """`make_phone` gives a phone that is connected to `self.server`."""

    daemons = None
    server = None

    @classmethod
    def setUpClass(cls):
        cls.server = AdbServer(cls.room / f"server of {cls.__name__}", phone.adb_program(cls.room, cls.daemons, "root"))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def make_phone(self, name="a phone", **options):
        device = phone.Phone(self.directory, self.daemons, name, **options)
        self.addCleanup(device.close)
        device.power_on()
        self.server.connect(device)
        return device

    def words(self, *devices, out=None, server=None, program=STUB):
        """The command line of a run of the stub."""
        server = server or self.server
        named = [word for device in devices for word in ("--device", device.serial)]
        return [
            "run",
            "--adb",
            server.adb,
            *named,
            "--binary",
            str(program),
            "--out",
            str(out or self.out),
            "--poll",
            "0.2",
        ]

    def run_on(self, *devices, scenario=None, options=(), **named):
        """Starts a run; returns Popen."""
        host = named.pop("host", "host")
        server = named.get("server") or self.server
        return self.start(
            *self.words(*devices, **named), *options, scenario or self.scenario(), host=host, **server.environment
        )

    def wait_for_records(self, device, count=1, name="records"):
        """Until the run on the device has finished `count` cases (name="journal": has begun them)."""

        def enough():
            with contextlib.suppress(OSError, ValueError):
                return any(
                    len(path.read_bytes().splitlines()) >= count
                    for path in device.storage().glob(f"hetscope/runs/*/out/{name}.jsonl")
                )
            return False

        phone.wait_for(enough, f"{count} {name} on {device.name}")

    def root_of(self, device):
        return device.storage() / "hetscope"

    def ask_agent(self, device, *words):
        """The lines of the agent on the device; it is brought there first."""
        if not list(self.root_of(device).glob("agent-*")):
            info = ["info", "--adb", self.server.adb, "--device", device.serial]
            self.assert_ended(self.driver(*info, **self.server.environment), DONE)
        (agent,) = self.root_of(device).glob("agent-*")
        root = "/data/local/tmp/hetscope"
        call = f"sh {root}/{agent.name} {root} {' '.join(words)}"
        return self.server.call("-s", device.serial, "shell", call).stdout.splitlines()

    def assert_left_clean(self, device):
        """No run, no lock, nothing half copied is left."""
        left = [
            path.name
            for path in self.root_of(device).iterdir()
            if not path.name.startswith(("agent-", "cache", "runs"))
        ]
        left += [path.name for path in (self.root_of(device) / "runs").iterdir()]
        self.assertEqual(left, [])

    @staticmethod
    def wait_until_quiet(device):
        """Until nothing of a run is alive on the device."""
        end = time.monotonic() + 20
        while device.processes("agent-") and time.monotonic() < end:
            time.sleep(0.05)


def set_up(own_users=False):
    """For a test program's main: reads its first two words, DAEMONS and ROOM, and moves into the room."""
    AdbCase.daemons = rooms.daemons_or_skip(sys.argv[1])
    AdbCase.room = rooms.enter(sys.argv[2], own_users)
    del sys.argv[1:3]
