"""The driver against Google's adbd on phones that lack something: room, tools, permissions, the right processor.

Usage: adb_sick_test.py DAEMONS ROOM [unittest options]; DAEMONS: filled by fetch_daemons.sh, ROOM: a folder for a RAM
disk.
"""

import json
import subprocess
import unittest

import phone
import adb_case
from adb_case import AdbCase
from driver_case import DONE, FAILED, SICK, STUB, TRY_AGAIN


class SickDevice(AdbCase):
    def test_no_room_to_push(self):
        device = self.make_phone()
        device.fill_up()
        self.assert_ended(self.finish(self.run_on(device)), SICK, "storage is full")
        device.make_room()
        self.assert_ended(self.finish(self.run_on(device)), DONE)
        self.assert_all_home()

    def test_old_files_give_way(self):
        device = self.make_phone(size_mib=8)
        self.assert_ended(self.finish(self.run_on(device)), DONE)
        (self.root_of(device) / "cache" / ("0" * 64)).write_bytes(b"x" * 1_000_000)
        large = self.directory / "large program"
        large.write_bytes(STUB.read_bytes() + b"exit $?\n#" + b"#" * 600_000 + b"\n")
        large.chmod(0o755)
        device.fill_up(leave_kib=128)
        second = self.directory / "second"
        self.assert_ended(
            self.finish(self.run_on(device, out=second, program=large)),
            DONE,
            "removing files that this run does not need",
        )
        self.assert_all_home(out=second)

    def test_storage_fills_up_while_it_measures(self):
        device = self.make_phone(size_mib=8)
        device.fact("padding", "x" * 3000)
        device.fact("case_s", 0.3)
        run = self.run_on(device)
        self.wait_for_records(device, 1)
        device.fill_up()
        self.assert_ended(self.finish(run), SICK, "filled up while it measured")
        self.assertLess(len(self.records()), 4)
        self.assertTrue(self.device_record()["missing_cases"])
        before = json.loads((self.out / "run.json").read_text())
        device.make_room()
        # As the message says.
        clean = self.driver("clean", "--adb", self.server.adb, "--device", device.serial, **self.server.environment)
        self.assert_ended(clean, DONE, "left 1 unfinished runs")
        finished = self.finish(self.run_on(device))
        self.assertIn(finished.code, (DONE, FAILED), str(finished))
        found = self.records()
        self.assertEqual(sorted(map(len, found.values())), [1, 1, 1, 1], found)
        self.assertEqual(json.loads((self.out / "run.json").read_text()), before)

    def test_directory_that_runs_no_programs(self):
        device = self.make_phone()
        device.power_off()
        subprocess.run(["mount", "-o", "remount,noexec", str(device.storage())], check=True)
        device.power_on()
        self.server.connect(device)
        self.assert_ended(self.finish(self.run_on(device)), SICK, "does not run programs (noexec)", "--remote-root")
        (device.root / "elsewhere").mkdir()
        self.assert_ended(self.finish(self.run_on(device, options=["--remote-root", "/elsewhere/a root"])), DONE)

    def test_program_for_another_processor(self):
        device = self.make_phone()
        program = self.directory / "arm64 program"
        program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00" + bytes(64))
        self.assert_ended(
            self.finish(self.run_on(device, program=program)), FAILED, "is for arm64, the device is x86_64", "--binary"
        )
        # Where the driver cannot tell, the device does.
        program.write_bytes(b"\x00\x01\x02 no program")
        finished = self.finish(self.run_on(device, program=program, out=self.directory / "second"))
        self.assert_ended(finished, FAILED)

    def test_authorisation_was_revoked(self):
        device = self.make_phone()
        device.cable.is_unauthorized = True
        device.cable.pull_out()
        device.cable.plug_in()
        self.server.call("disconnect", device.serial)
        self.server.call("connect", device.serial)
        self.assert_ended(self.finish(self.run_on(device, options=["--patience", "20"])), SICK, "unlock the screen")

    def test_two_adb_versions_on_one_host(self):
        device = self.make_phone()
        other = self.directory / "other adb"
        phone.write_program(
            other, '#!/bin/sh\necho "adb server version (41) doesn\'t match this client (39); killing..." >&2\nexit 1\n'
        )
        words = self.words(device)
        words[2] = str(other)
        self.assert_ended(self.driver(*words, "--patience", "0.2", self.scenario()), TRY_AGAIN, "two adb programs")

    def test_tools_are_missing(self):
        for missing in (("setsid", "timeout"), ("setsid", "nohup", "timeout", "perfetto", "dumpsys", "getprop")):
            with self.subTest(missing=missing):
                device = self.make_phone(f"without {missing[-1]}")
                device.remove_tool(*missing)
                out = self.directory / missing[-1]
                self.assert_ended(self.finish(self.run_on(device, out=out)), DONE, "no setsid on the device")
                self.assert_all_home(out=out)

    def test_nothing_can_be_read(self):
        device = self.make_phone()
        device.remove_tool("dumpsys")
        subprocess.run(["rm", "-r", str(device.root / "sys/class/thermal")], check=True)
        self.assert_ended(self.finish(self.run_on(device)), DONE, "no temperature can be read")
        self.assertEqual(self.device_record()["gate"]["gate"], "unknown")
        self.assertIn("thermal_zones", self.device_record()["state_before"]["missing"])

    def test_nodes_that_are_there_and_cannot_be_read(self):
        device = self.make_phone()
        gpu = device.root / "sys/class/kgsl/kgsl-3d0"
        gpu.mkdir(parents=True)
        zone = device.root / "sys/class/thermal/thermal_zone0/temp"
        zone.unlink()
        for node in (gpu / "gpu_model", zone):
            node.symlink_to("/proc/self/mem")  # opens, and every reading fails
        self.assert_ended(self.finish(self.run_on(device)), DONE)
        self.assert_all_home()
        now = self.device_record()["state_before"]
        self.assertEqual(now["gpu"], {})
        self.assertEqual(now["temperature"]["zones_c"], {})
        self.assertIn("kgsl-3d0/gpu_model cannot be read", now["missing"]["gpu"])
        self.assertIn("no thermal zone can be read", now["missing"]["thermal_zones"])
        self.assertEqual(self.device_record()["gate"]["gate"], "passed")  # by the battery's


if __name__ == "__main__":
    adb_case.set_up()
    unittest.main()
