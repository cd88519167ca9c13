"""The driver against Google's adbd when something goes away in mid-run: the daemon, the cable, the phone, its storage,
or the program. After each of them every case has exactly one record or is named as missing.

Usage: adb_lost_test.py DAEMONS ROOM [unittest options]; DAEMONS: filled by fetch_daemons.sh, ROOM: a folder for a RAM
disk.
"""

import subprocess
import unittest

import phone
import adb_case
from adb_case import AdbCase
from driver_case import DONE, FAILED, STUB, TRY_AGAIN


class LostLink(AdbCase):
    def setUp(self):
        super().setUp()
        self.device = self.make_phone()
        self.device.fact("cases", 6)
        self.device.fact("case_s", 0.25)

    def test_daemon_is_killed_in_mid_run(self):
        run = self.run_on(self.device)
        self.wait_for_records(self.device)
        self.device.kill_daemon()
        self.assertTrue(self.device.processes("agent-"), "the run has not survived the daemon")
        self.device.restart_daemon()
        self.assert_ended(self.finish(run), DONE, "link lost", "the link is back")
        self.assert_all_home(6)
        self.assertEqual(self.device_record()["attempts"], 1)

    def test_cable_is_pulled_and_put_back(self):
        run = self.run_on(self.device)
        self.wait_for_records(self.device)
        self.device.cable.pull_out()
        self.wait_for_records(self.device, 4)
        self.device.cable.plug_in()
        self.assert_ended(self.finish(run), DONE, "the link is back")
        self.assert_all_home(6)

    def test_cable_stays_out_and_the_same_command_goes_on(self):
        run = self.run_on(self.device, options=["--patience", "0.5"])
        self.wait_for_records(self.device)
        self.device.cable.pull_out()
        self.assert_ended(self.finish(run), TRY_AGAIN, "the same command goes on")
        self.device.cable.plug_in()
        self.assert_ended(self.finish(self.run_on(self.device)), DONE, "is on the device already")
        self.assert_all_home(6)
        self.assert_left_clean(self.device)

    def test_adb_says_0_when_the_device_vanishes(self):
        """The trap itself, and that the driver does not fall into it: no exit code of adb means that a command ran."""
        call = subprocess.Popen(
            [self.server.adb, "-s", self.device.serial, "shell", "sleep 30; exit 7"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**self.environment(), **self.server.environment},
        )
        phone.wait_for(lambda: self.device.processes("sleep 30"), "the command to run")
        self.device.kill("platform-tools/adbd")
        call.communicate(timeout=20)
        self.assertNotEqual(call.returncode, 7)
        false_adb = self.directory / "false adb"
        phone.write_program(false_adb, "#!/bin/sh\nexit 0\n")
        words = self.words(self.device)
        words[2] = str(false_adb)
        self.assert_ended(self.driver(*words, "--patience", "0.2", self.scenario()), TRY_AGAIN)
        self.assertEqual(self.records(), {})

    def test_reboot_in_mid_run(self):
        run = self.run_on(self.device)
        self.wait_for_records(self.device, 3, "journal")
        self.device.reboot()
        self.assert_ended(self.finish(run), FAILED, "the device rebooted, going on from the journal")
        self.assert_all_home(6, failed=1)  # the case that the reboot met
        self.assertEqual(self.device_record()["attempts"], 2)

    def test_reboot_that_empties_the_storage(self):
        run = self.run_on(self.device)
        self.wait_for_records(self.device, 2)
        self.device.power_off()
        for path in self.root_of(self.device).iterdir():
            subprocess.run(["rm", "-rf", str(path)], check=True)
        self.device.reboot()
        self.assert_ended(self.finish(run), DONE, "begins anew")
        self.assert_all_home(6)


class FaultyProgram(AdbCase):
    def setUp(self):
        super().setUp()
        self.device = self.make_phone()

    def test_crash_costs_one_case(self):
        for number, fault in enumerate(("crash_at", "kill_at", "abort_at")):
            with self.subTest(fault=fault):
                self.device.fact(fault, 2)
                out = self.directory / fault
                self.assert_ended(self.finish(self.run_on(self.device, out=out)), FAILED, "going on from the journal")
                self.assert_all_home(4, failed=1, out=out)
                self.assertEqual(self.device_record(out)["attempts"], 2)

    def test_program_that_outlives_its_shell_writes_nothing_twice(self):
        self.device.fact("cases", 6)
        self.device.fact("case_s", 0.3)
        run = self.run_on(self.device)
        self.wait_for_records(self.device)
        self.assertTrue(self.device.kill("agent-"), "there was no shell to kill")
        self.assertIn(self.finish(run).code, (DONE, FAILED))
        found = self.records()
        self.assertEqual(sorted(map(len, found.values())), [1] * 6, found)

    def test_crash_again_and_again_ends(self):
        self.device.fact("cases", 8)
        phone.write_program(
            self.directory / "program", '#!/bin/sh\n[ "$1" = run ] || exec /facts/stub "$@"\nkill -SEGV $$\n'
        )
        (self.device.facts / "stub").write_bytes(STUB.read_bytes())
        (self.device.facts / "stub").chmod(0o755)
        finished = self.finish(self.run_on(self.device, program=self.directory / "program"))
        self.assert_ended(finished, FAILED, "3 times")
        self.assertEqual(len(self.device_record()["missing_cases"]), 8)

    def test_hang_is_stopped_and_the_same_command_goes_on(self):
        self.device.fact("hang_at", 3)
        self.assert_ended(
            self.finish(self.run_on(self.device, options=["--stall", "1.5"])), FAILED, "no progress for 1.5 s"
        )
        self.assertEqual(len(self.records()), 2)
        self.assertEqual(len(self.device_record()["missing_cases"]), 2)
        self.assertEqual(self.device.processes("index"), [])
        self.assert_ended(self.finish(self.run_on(self.device)), FAILED)
        self.assert_all_home(4, failed=1)

    def test_takes_too_long(self):
        self.device.fact("case_s", 30)
        self.assert_ended(
            self.finish(self.run_on(self.device, options=["--timeout", "1"])), FAILED, "not finished after 1 s"
        )
        self.wait_until_quiet(self.device)
        self.assertEqual(self.device.processes("agent-"), [])


if __name__ == "__main__":
    adb_case.set_up()
    unittest.main()
