"""What the driver says of a phone without a run: list, info, bundle, onboarding; and what it clears away.

Usage: adb_pages_test.py DAEMONS ROOM [unittest options]; as adb_test.py
"""

import json
import signal
import tarfile
import unittest

import adb_case
from adb_case import AdbCase
from driver_case import DONE, FAILED, STUB, TRY_AGAIN


class Pages(AdbCase):
    def test_list(self):
        device = self.make_phone()
        self.assert_ended(
            self.driver("list", "--adb", self.server.adb, **self.server.environment), DONE, f"{device.serial}\tdevice"
        )

    def test_info(self):
        device = self.make_phone()
        finished = self.driver(
            "info", "--json", "--adb", self.server.adb, "--device", device.serial, **self.server.environment
        )
        self.assert_ended(finished, DONE)
        now = json.loads(finished.stdout)
        self.assertEqual(now["temperature"]["sensors_c"], {"CPU0": 38.6, "battery": 29.1, "skin": 31.2})
        self.assertEqual(now["screen"], "Awake")

    def test_bundle_tells_what_is_wrong_and_not_who_asks(self):
        device = self.make_phone()
        device.remove_tool("setsid")
        bundle = self.directory / "a bundle.tar.gz"
        named = ["--adb", self.server.adb, "--device", device.serial, "--bundle", bundle]
        self.assert_ended(self.driver("shell-check", *named, **self.server.environment), DONE, "no setsid")
        with tarfile.open(bundle) as packed:
            texts = {member.name: packed.extractfile(member).read().decode() for member in packed}
        everything = "".join(texts.values())
        for word in ("TESTSERIAL0001", device.serial, "127.0.0.1"):
            self.assertNotIn(word, everything)
        for word in ("[ro.soc.model]: [P100]", "temperature: 291", "setsid", "OpenGL ES 3.2 V@1.0"):
            self.assertIn(word, everything)

    def onboard(self, device, *options):
        """Popen of `onboard` with the stub."""
        named = ["--adb", self.server.adb, "--device", device.serial, "--binary", STUB, "--out", self.out]
        return self.start("onboard", *named, *options, **self.server.environment)

    def test_onboarding(self):
        device = self.make_phone()
        device.remove_tool("setsid")
        self.assert_ended(self.finish(self.onboard(device)), DONE, "onboard.md is written")
        page = (self.out / "onboard.md").read_text()
        works, does_not = page.split("## What works")[1].split("## How long")[0].split("## What does not")
        for word in ("processor   stub", "  cpus  0-1", "well    timer", "copy", "special characters"):
            self.assertIn(word, works)
        for word in ("missing     rapl", "-> mend it", "no setsid: a lost link may end a run", "-> keep the cable in"):
            self.assertIn(word, does_not)
            self.assertNotIn(word, works)
        self.assertIn("| SoC | Acme P100 |", page)
        # Without scenarios it is those that the program holds, and none of its other files.
        self.assertIn("| scenarios/smoke/copy.json | 4 cases in 4 groups, about 1.5 minutes without loading and converting |",
                      page)
        self.assertNotIn("decisions", page)
        self.assertIn("Not measured.", page)
        self.assertIn("Usable:", page)
        self.assert_left_clean(device)

    def test_onboarding_measures_the_noise_though_the_link_is_lost(self):
        device = self.make_phone()
        device.fact("case_s", 0.25)
        page = self.onboard(device, "--qualify", self.scenario())
        self.wait_for_records(device, 2)
        device.cable.pull_out()
        self.wait_for_records(device, 5)
        device.cable.plug_in()
        self.assert_ended(self.finish(page), DONE, "the link is back", "SAME launch 8")
        text = (self.out / "onboard.md").read_text()
        for line in ("| stub | 2 | 3.4 % | 1 of 2 |", "| gpu | 1 | cannot be measured | 0 of 0 |", "- as the test wants",
                     "`hetscope qualify` says QUALIFIED."):  # fmt: skip
            self.assertIn(line, text)
        self.assertEqual(len((self.out / "qualification/records.jsonl").read_text().splitlines()), 8)
        self.assert_left_clean(device)

    def test_onboarding_of_a_device_that_is_rejected(self):
        device = self.make_phone()
        device.fact("verdict", "REJECTED")
        self.assert_ended(self.finish(self.onboard(device, "--qualify")), FAILED)
        text = (self.out / "onboard.md").read_text()
        self.assertIn("says REJECTED.", text)
        self.assertIn("Not fit:", text)

    def test_onboarding_is_interrupted(self):
        device = self.make_phone()
        device.fact("case_s", 5)
        page = self.onboard(device, "--qualify")
        self.wait_for_records(device)
        page.send_signal(signal.SIGINT)
        self.assert_ended(self.finish(page), TRY_AGAIN, "interrupted")
        self.assertEqual(device.processes("agent-"), [])
        self.assert_left_clean(device)

    def test_clean(self):
        device = self.make_phone()
        self.assert_ended(self.finish(self.run_on(device, options=["--keep"])), DONE)
        self.assertEqual(len(list(self.root_of(device).glob("runs/*"))), 1)
        self.assert_ended(
            self.driver("clean", "--adb", self.server.adb, "--device", device.serial, **self.server.environment), DONE
        )
        self.assertEqual(list(self.root_of(device).glob("runs/*")) + list(self.root_of(device).glob("cache/*")), [])


if __name__ == "__main__":
    adb_case.set_up()
    unittest.main()
