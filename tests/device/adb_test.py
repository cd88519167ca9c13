"""The driver against Google's adbd: good runs on one phone and on three, two who want the same one, a hot one, and names
that try to be commands.

Usage: adb_test.py DAEMONS ROOM [unittest options]; DAEMONS: filled by fetch_daemons.sh, ROOM: a folder for a RAM disk.
"""

import pathlib
import unittest

import phone
import adb_case
from adb_case import OTHER_RUN, AdbCase, AdbServer
from driver_case import DONE, FAILED, TRY_AGAIN


class GoodRun(AdbCase):
    def test_records_come_home_and_nothing_is_left(self):
        device = self.make_phone()
        self.assert_ended(self.finish(self.run_on(device)), DONE, "4 records: 4 ok")
        self.assert_all_home()
        self.assert_left_clean(device)
        record = self.device_record()
        self.assertGreater(record["pushed_bytes"], 0)
        self.assertEqual(record["missing_cases"], [])
        self.assertEqual(record["gate"]["battery_c"], 29.1)
        self.assertEqual(record["state_before"]["properties"]["ro.soc.model"], "P100")
        self.assertEqual(record["state_before"]["battery"]["powered_by"], ["usb"])
        self.assertIn("Acme Paper GPU 10", record["state_before"]["gles"])

        # Nothing is pushed twice.
        second = self.directory / "second"
        self.assert_ended(self.finish(self.run_on(device, out=second)), DONE)
        self.assertEqual(self.device_record(second)["pushed_bytes"], 0)
        # The same command again measures nothing again.
        self.assert_ended(self.finish(self.run_on(device)), DONE, "at home already")

    def test_an_old_adb_works_too(self):
        old = AdbServer(self.directory / "old server", phone.adb_program(self.room, self.daemons, "old"))
        self.addCleanup(old.stop)
        device = self.make_phone()
        old.connect(device)
        self.assert_ended(self.finish(self.run_on(device, server=old)), DONE)
        self.assert_all_home()
        self.assertIn("29.", " ".join(self.device_record()["transport"]["adb"]))

    def test_three_at_once(self):
        devices = [self.make_phone(f"phone {number}") for number in range(3)]
        self.assert_ended(self.finish(self.run_on(*devices)), DONE)
        folders = [path for path in self.out.iterdir() if path.is_dir()]
        self.assertEqual(len(folders), 3)
        for folder in folders:
            self.assert_all_home(out=folder)

    def test_one_of_three_is_unplugged(self):
        devices = [self.make_phone(f"phone {number}") for number in range(3)]
        devices[1].cable.pull_out()
        finished = self.finish(self.run_on(*devices, options=["--patience", "1"]))
        self.assert_ended(finished, TRY_AGAIN)
        whole = [path for path in self.out.iterdir() if len(self.records(path)) == 4]
        self.assertEqual(len(whole), 2)
        devices[1].cable.plug_in()
        self.assert_ended(self.finish(self.run_on(*devices)), DONE)
        for folder in self.out.iterdir():
            self.assert_all_home(out=folder)


class TwoAtOneDevice(AdbCase):
    def setUp(self):
        super().setUp()
        self.device = self.make_phone()
        self.device.fact("case_s", 0.25)

    def test_two_hosts(self):
        other = AdbServer(self.directory / "other server", self.server.adb)
        self.addCleanup(other.stop)
        other.connect(self.device)
        first = self.run_on(self.device)
        self.wait_for_records(self.device)
        second = self.run_on(self.device, server=other, host="other host", out=self.directory / "second")
        self.assert_ended(self.finish(second), TRY_AGAIN, "busy with run")
        self.assert_ended(self.finish(first), DONE)
        self.assert_all_home()

    def test_two_processes_of_one_host(self):
        first = self.run_on(self.device)
        self.wait_for_records(self.device)
        second = self.run_on(self.device, out=self.directory / "second")
        self.assert_ended(self.finish(second), TRY_AGAIN, "another process of this host")
        self.assert_ended(self.finish(first), DONE)

    def other_run_locks(self, boot=None):
        """Another host's run has the device, whoever had it before; by its boot the lease is good, or not."""
        root = self.root_of(self.device)
        (root / "runs").mkdir(parents=True, exist_ok=True)
        uptime_s = int(float(pathlib.Path("/proc/uptime").read_text().split()[0]))
        boot = boot or (self.device.root / "boot_id").read_text().strip()
        (root / f"lease.{OTHER_RUN}").write_text(f"{boot} {uptime_s} 300\n")
        (root / "lock.new").symlink_to(OTHER_RUN)
        (root / "lock.new").rename(root / "lock")

    def test_the_holder_died_in_another_boot(self):
        self.other_run_locks(boot="another-boot")
        self.assert_ended(self.finish(self.run_on(self.device)), DONE, "took over from run")

    def test_the_holder_lives_elsewhere(self):
        self.other_run_locks()
        self.assert_ended(self.finish(self.run_on(self.device)), TRY_AGAIN, "busy with run hs-000")

    def test_the_device_is_taken_over_while_it_cools(self):
        self.device.set_battery(455)
        run = self.run_on(self.device)
        self.wait_until_said(run, "waiting to cool")
        self.other_run_locks()
        self.device.set_battery(300)
        self.assert_ended(self.finish(run), TRY_AGAIN, f"run {OTHER_RUN} took the device over")
        self.assertFalse((self.device.facts / "called").exists(), "the program was started beside the other run")
        self.assertEqual((self.root_of(self.device) / "lock").readlink().name, OTHER_RUN)

    def test_the_device_is_taken_over_in_mid_run(self):
        self.device.fact("case_s", 1)
        run = self.run_on(self.device)
        self.wait_for_records(self.device)
        self.other_run_locks()
        self.assert_ended(self.finish(run), TRY_AGAIN, f"run {OTHER_RUN} took the device over")
        self.wait_until_quiet(self.device)
        self.assertEqual(self.device.processes("agent-") + self.device.processes("/cache/"), [])
        (left,) = self.root_of(self.device).glob("runs/*/out/records.jsonl")
        self.assertLess(len(left.read_text().splitlines()), 4)
        (self.root_of(self.device) / "lock").unlink()
        self.assertIn(self.finish(self.run_on(self.device)).code, (DONE, FAILED))
        self.assertEqual(sorted(map(len, self.records().values())), [1, 1, 1, 1])

    def test_no_start_beside_another_run(self):
        """By the agent itself: what came between the last look at the lock and the start."""
        self.other_run_locks()
        own = "hs-" + "1" * 32
        (self.root_of(self.device) / "runs" / own).mkdir()
        said = self.ask_agent(self.device, "start", own, "1", "fresh", "300")
        self.assertEqual(said, ["locked=no", f"holder={OTHER_RUN}"])
        self.assertEqual(list((self.root_of(self.device) / "runs" / own).iterdir()), [])


class HotDevice(AdbCase):
    def test_never_cools(self):
        device = self.make_phone()
        device.set_battery(455)
        run = self.run_on(device, options=["--cool-timeout", "0.2", "--prepare", "stay_awake"])
        self.assert_ended(self.finish(run), TRY_AGAIN, "battery at 45.5 C, limit 38 C")
        self.assertEqual(self.records(), {})
        self.assertEqual(device.calls(), [])

    def test_cools_down(self):
        device = self.make_phone()
        device.set_battery(455)
        run = self.run_on(device)
        self.wait_until_said(run, "waiting to cool: battery at 45.5 C")
        device.set_battery(300)
        self.assert_ended(self.finish(run), DONE)
        self.assertEqual(self.device_record()["gate"]["battery_c"], 30.0)

    def test_throttles(self):
        device = self.make_phone()
        thermal = device.facts / "thermal.txt"
        thermal.write_text(thermal.read_text().replace("Thermal Status: 0", "Thermal Status: 3"))
        run = self.run_on(device, options=["--cool-timeout", "0.2"])
        self.assert_ended(self.finish(run), TRY_AGAIN, "it throttles (severe)")


class HostileNames(AdbCase):
    NAMES = (
        "'; touch pwned; '.json",
        "$(touch pwned).json",
        "`touch pwned`.json",
        '" & touch pwned & ".json',
        "-rf.json",
        "a\tb  c é ☂.json",
        "--help.json",
        "%s%n\\.json",
    )

    def test_names_arrive_as_they_are(self):
        device = self.make_phone()
        scenarios = [self.scenario(name) for name in self.NAMES]
        line = "copy kernel='$(touch pwned)' ; touch pwned | `touch pwned`\\"
        run = self.start(
            *self.words(device), "--case", line, "--filter", "';touch pwned;'", *scenarios, **self.server.environment
        )
        self.assert_ended(self.finish(run), DONE)
        self.assert_all_home()
        self.assertEqual(list(device.root.glob("**/pwned")), [])
        called = (device.facts / "called").read_text().splitlines()
        self.assertIn(line, called)
        self.assertIn("';touch pwned;'", called)
        self.assertEqual(called[called.index("--") + 1 :], [f"in/{name}" for name in self.NAMES])

    def test_a_device_that_answers_with_escapes(self):
        device = self.make_phone()
        getprop = device.facts / "getprop.txt"
        getprop.write_text(getprop.read_text() + "[ro.product.device]: [\x1b]0;owned\x07$(touch pwned)]\n")
        finished = self.driver("info", "--adb", self.server.adb, "--device", device.serial, **self.server.environment)
        self.assert_ended(finished, DONE, "Paper 1")
        self.assertNotIn("\x1b", finished.stdout)


if __name__ == "__main__":
    adb_case.set_up()
    unittest.main()
