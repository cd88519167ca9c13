"""Whole runs of the driver, all but the link: this machine is the device.

Usage: local_run_test.py [unittest options]
"""

import hashlib
import json
import signal
import time
import unittest

from driver_case import DONE, DRIVER, FAILED, SICK, STUB, TRY_AGAIN, USAGE, DriverCase
from hetscope_device import agent, cli
from phone import write_program


class LocalRun(DriverCase):
    def words(self, out=None):
        return [
            "run",
            "--device",
            "local",
            "--binary",
            STUB,
            "--no-gate",
            "--poll",
            "0.1",
            "--remote-root",
            self.directory / "a root",
            "--out",
            out or self.out,
            self.scenario(),
        ]

    def fact(self, name, value):
        (self.directory / name).write_text(f"{value}\n")

    def test_good_run_and_nothing_twice(self):
        self.assert_ended(self.driver(*self.words()), DONE, "4 records: 4 ok")
        self.assert_all_home()
        self.assertGreater(self.device_record()["pushed_bytes"], 0)
        second = self.directory / "second"
        self.assert_ended(self.driver(*self.words(second)), DONE)
        self.assertEqual(self.device_record(second)["pushed_bytes"], 0)

    def test_crash_costs_one_case(self):
        self.fact("crash_at", 2)
        self.assert_ended(self.driver(*self.words()), FAILED)
        self.assert_all_home(4, failed=1)

    def interrupted_run(self):
        """A run that has some records at home; returns its run_uuid."""
        self.fact("case_s", 0.4)
        run = self.start(*self.words())
        records = None
        while not records:
            self.assertIsNone(run.poll(), "the run has ended before it began")
            time.sleep(0.02)
            records = [path for path in self.directory.glob("a root/runs/*/out/records.jsonl") if path.stat().st_size]
        run.send_signal(signal.SIGINT)
        self.assert_ended(self.finish(run), TRY_AGAIN, "interrupted")
        return self.run_uuid()

    def run_uuid(self):
        return json.loads((self.out / "run.json").read_text())["run_uuid"]

    def clean(self, *options):
        return self.driver("clean", "--device", "local", "--remote-root", self.directory / "a root", *options)

    def test_ctrl_c_and_the_same_command_goes_on(self):
        self.interrupted_run()
        self.assertIn(self.driver(*self.words()).code, (DONE, FAILED))
        self.assertEqual(sorted(map(len, self.records().values())), [1, 1, 1, 1])

    def test_clean_spares_what_the_same_command_goes_on_with(self):
        before = self.interrupted_run()
        self.assert_ended(self.clean(), DONE, "left 1 unfinished runs")
        self.assertIn(self.driver(*self.words()).code, (DONE, FAILED))
        self.assertEqual(sorted(map(len, self.records().values())), [1, 1, 1, 1])
        self.assertEqual(self.run_uuid(), before)

    def test_a_run_that_begins_anew_replaces_no_records(self):
        before = self.interrupted_run()
        records = (self.out / "records.jsonl").read_text()
        self.assert_ended(self.clean("--all"), DONE, "removed")
        self.assertEqual([*self.directory.glob("a root/runs/*"), *self.directory.glob("a root/cache/*")], [])
        aside = self.directory / "out.earlier-1"
        self.assert_ended(self.driver(*self.words()), DONE, f"they are in {aside}")
        self.assert_all_home()
        self.assertNotEqual(self.run_uuid(), before)
        self.assertEqual((aside / "records.jsonl").read_text(), records)
        self.assertEqual(json.loads((aside / "run.json").read_text())["run_uuid"], before)

    def test_other_peoples_files_stay(self):
        root = self.directory / "a root"
        names = ("cache/a photo", "runs/marathon/log", "runs/hs-2026/log", "incoming.mail", "restore.txt")
        others = [root / name for name in names]
        for path in others:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("mine\n")
        self.assert_ended(self.driver(*self.words(), "--keep"), DONE)
        self.assert_ended(self.clean("--all"), DONE, "removed 3 files and runs")
        self.assertEqual([path for path in others if not path.exists()], [])

    def test_another_run_is_not_mixed_in(self):
        self.assert_ended(self.driver(*self.words()), DONE)
        self.assert_ended(self.driver(*self.words(), "--filter", "x"), USAGE, "another program, scenario or options")
        other = self.directory / "other"
        other.mkdir()
        (other / "records.jsonl").write_text("mine\n")
        self.assert_ended(self.driver(*self.words(other)), USAGE, "holds a run already")
        self.assertEqual((other / "records.jsonl").read_text(), "mine\n")

    def test_what_came_home_is_still_what_was_sent(self):
        self.assert_ended(self.driver(*self.words()), DONE)
        with open(self.out / "records.jsonl", "a", encoding="utf-8") as stream:
            stream.write("\n")
        self.assertEqual(self.driver(*self.words()).code, USAGE)

    def test_a_damaged_file_on_the_device_is_pushed_again(self):
        self.assert_ended(self.driver(*self.words()), DONE)
        cached = self.directory / "a root" / "cache" / hashlib.sha256(STUB.read_bytes()).hexdigest()
        cached.write_text("#!/bin/sh\nexit 0\n")
        self.assert_ended(self.driver(*self.words(self.directory / "second")), DONE)
        self.assert_all_home(out=self.directory / "second")

    def test_a_directory_that_cannot_be_written(self):
        words_ = self.words()
        words_[words_.index("--remote-root") + 1] = "/proc/hetscope"
        self.assert_ended(self.driver(*words_), SICK, "--remote-root")

    def test_wrong_usage(self):
        nothing = ["--device", "local", "--out", self.out]
        for words_, said in (
            (["run", *nothing], "--binary"),
            (["run", *nothing, "--binary", STUB], "nothing to run"),
            (["run", *nothing, "--binary", self.directory / "none", "x.json"], "no program"),
            (["run", *nothing, "--binary", STUB, self.directory / "none.json"], "cannot read"),
            (["run", *nothing, "--device", "local", "--binary", STUB, self.scenario()], "named twice"),
            (["info", "--device=-x"], "no serial number"),
            (["clean", "--device", "local", "--remote-root", "a/path"], "does not begin with /"),
            (["info", "--device", "ssh:-oProxyCommand=touch pwned"], "no ssh address"),
            (["run", "--cool-to", "-3", *nothing], "usage"),
        ):
            with self.subTest(words=words_):
                finished = self.driver(*words_, ADB="/bin/false")
                self.assert_ended(finished, USAGE, said)

    def test_the_only_device_is_not_ready(self):
        """What adb says is a script's; the way from there to the exit code is the driver's."""
        adb = self.directory / "an adb"
        listing = "List of devices attached\\n"
        no_server = "* failed to start daemon\\nadb: failed to check server version: cannot connect to daemon\\n"
        for said, code, words_ in (
            (listing, USAGE, ["no device is connected"]),
            (listing + "SERIAL1 unauthorized usb:1-1\\n", SICK, ["SERIAL1: device unauthorized", "accept the dialog"]),
            (listing + "SERIAL1 offline usb:1-1\\n", TRY_AGAIN, ["SERIAL1: device offline"]),
            (listing + "S1 offline\\nS2 recovery\\n", SICK, ["S1: device offline, S2: device recovery", "adb reboot"]),
            (listing + "S1 no permissions (udev); see [http://x]\\n", SICK, ["S1: device no permissions", "udev rule"]),
            (listing + "S1 host\\n", SICK, ["S1: device host"]),
            (no_server, TRY_AGAIN, ["server does not start"]),
        ):
            with self.subTest(said=said):
                status = 1 if said == no_server else 0
                write_program(adb, f"#!/bin/sh\nprintf '{said}'\nexit {status}\n")
                self.assert_ended(self.driver("info", "--adb", adb), code, *words_)

    def test_an_adb_that_is_not_there(self):
        for device in ([], ["--device", "SERIAL1"]):
            finished = self.driver("info", *device, ADB=str(self.directory / "none"))
            self.assert_ended(finished, USAGE, "cannot run", "--adb PATH")

    def test_what_the_doctor_finds_bad_does_not_work(self):
        self.fact("unfit", "yes")
        words_ = ["--device", "local", "--remote-root", self.directory / "a root", "--binary", STUB, "--out", self.out]
        self.assert_ended(self.driver("onboard", *words_), FAILED, "onboard.md is written")
        page = (self.out / "onboard.md").read_text()
        works, does_not = page.split("## What works")[1].split("## How long")[0].split("## What does not")
        for word in ("BAD     timer", "-> another clocksource"):
            self.assertIn(word, does_not)
            self.assertNotIn(word, works)
        self.assertIn("Not fit: mend first what is marked `wrong` or `BAD`", page)

    def test_info_and_shell_check(self):
        root = ["--remote-root", self.directory / "a root"]
        finished = self.driver("info", "--json", "--device", "local", *root)
        self.assert_ended(finished, DONE)
        self.assertIn("Linux", json.loads(finished.stdout)["uname"])
        finished = self.driver("shell-check", "--device", "local", *root)
        self.assert_ended(finished, DONE, "special characters arrive as they are", "there and back unchanged")

    def test_installs_as_a_package(self):
        """The entry point and the data files that pyproject.toml names are there."""
        text = (DRIVER / "pyproject.toml").read_text()
        self.assertIn('hetscope-device = "hetscope_device.cli:main"', text)
        self.assertTrue(callable(cli.main))
        for pattern in ("agent/*.sh", "quirks.json"):
            self.assertIn(f'"{pattern}"', text)
            self.assertTrue(list((DRIVER / "hetscope_device").glob(pattern)), pattern)
        self.assertEqual({f"{part}.sh" for part in agent.PARTS}, {path.name for path in agent.FOLDER.iterdir()})


if __name__ == "__main__":
    unittest.main()
