"""A phone's settings that a run changes, and that are put back.

Usage: adb_settings_test.py DAEMONS ROOM [unittest options]; as adb_test.py
"""

import signal
import unittest

import adb_case
from adb_case import OTHER_RUN, AdbCase
from driver_case import DONE, FAILED, TRY_AGAIN


class Settings(AdbCase):
    def setUp(self):
        super().setUp()
        self.device = self.make_phone()
        self.device.fact("case_s", 0.25)
        self.device.fact("settings/stay_on_while_plugged_in", 3)

    def stay_on(self):
        return (self.device.facts / "settings/stay_on_while_plugged_in").read_text().strip()

    def test_settings_are_put_back(self):
        run = self.run_on(self.device, options=["--prepare", "stay_awake", "--prepare", "fixed_performance"])
        self.wait_for_records(self.device)
        self.assertEqual(self.stay_on(), "7")
        self.assert_ended(self.finish(run), DONE)
        self.assertEqual(self.stay_on(), "3")
        self.assertEqual(self.device.calls()[-1], "cmd power set-fixed-performance-mode-enabled false")
        self.assertEqual(self.device_record()["prepared"], {"stay_awake": "prepared", "fixed_performance": "prepared"})

    def test_settings_are_put_back_after_an_interruption(self):
        run = self.run_on(self.device, options=["--prepare", "stay_awake"])
        self.wait_for_records(self.device)
        run.send_signal(signal.SIGINT)
        self.assert_ended(self.finish(run), TRY_AGAIN, "interrupted")
        self.assertEqual(self.stay_on(), "3")
        self.assertGreaterEqual(len(self.records()), 1)
        self.assertEqual(self.device.processes("agent-"), [])
        finished = self.finish(self.run_on(self.device, options=["--prepare", "stay_awake"]))
        self.assertIn(finished.code, (DONE, FAILED), str(finished))  # the case that ctrl-C met is a failed row
        self.assertEqual(sorted(map(len, self.records().values())), [1, 1, 1, 1])
        self.assertEqual(self.stay_on(), "3")

    def test_settings_are_put_back_by_the_next_session(self):
        run = self.run_on(self.device, options=["--prepare", "stay_awake"])
        self.wait_for_records(self.device)
        run.kill()
        run.wait()
        self.wait_until_quiet(self.device)
        self.assertEqual(self.stay_on(), "7")
        self.assert_ended(
            self.finish(self.run_on(self.device, options=["--prepare", "stay_awake"])),
            DONE,
            "is on the device already (ended)",
        )
        self.assert_all_home()
        self.assertEqual(self.stay_on(), "3")

    def test_a_phone_that_refuses(self):
        self.device.fact("refuses", "set-fixed-performance-mode-enabled")
        run = self.run_on(self.device, options=["--prepare", "fixed_performance"])
        self.assert_ended(self.finish(run), DONE, "the device refuses fixed_performance")

    def test_airplane_mode_is_put_back_as_it_was(self):
        """By the agent itself: the test's phones are reached over the network, where the driver refuses it."""
        for before, calls in (("0", ["enable", "disable"]), ("1", ["enable"])):
            with self.subTest(before=before):
                self.device.fact("settings/airplane_mode_on", before)
                already = len(self.device.calls())
                self.assertEqual(self.ask_agent(self.device, "prepare", "a-run", "airplane"), ["prepared=airplane"])
                self.assertEqual((self.device.facts / "settings/airplane_mode_on").read_text().strip(), "1")
                self.assertEqual(self.ask_agent(self.device, "restore", "a-run"), ["restored=airplane"])
                self.assertEqual((self.device.facts / "settings/airplane_mode_on").read_text().strip(), before)
                self.assertEqual([call.split()[-1] for call in self.device.calls()[already:]], calls)

    def test_what_cannot_be_put_back_holds_up_nothing_else(self):
        self.device.fact("settings/airplane_mode_on", 0)
        note = self.root_of(self.device) / f"restore.{OTHER_RUN}"
        items = ["fixed_performance", "airplane", "stay_awake"]
        said = self.ask_agent(self.device, "prepare", OTHER_RUN, *items)
        self.assertEqual(said, [f"prepared={item}" for item in items])
        self.device.fact("refuses", "set-fixed-performance-mode-enabled")
        said = self.ask_agent(self.device, "restore", OTHER_RUN)
        self.assertEqual(said, ["not_restored=fixed_performance", "restored=airplane", "restored=stay_awake"])
        self.assertEqual((self.device.facts / "settings/airplane_mode_on").read_text().strip(), "0")
        self.assertEqual(self.stay_on(), "3")
        self.assertEqual(note.read_text(), "fixed_performance off\n")
        (self.device.facts / "refuses").unlink()
        self.assertEqual(self.ask_agent(self.device, "restore_left"), ["restored=fixed_performance"])
        self.assertFalse(note.exists())

    def test_what_was_refused_is_not_put_back(self):
        self.device.fact("refuses", "set-fixed-performance-mode-enabled")
        said = self.ask_agent(self.device, "prepare", OTHER_RUN, "stay_awake", "fixed_performance")
        self.assertEqual([line for line in said if "=" in line], ["prepared=stay_awake", "refused=fixed_performance"])
        self.assertEqual(self.ask_agent(self.device, "restore", OTHER_RUN), ["restored=stay_awake"])

    def test_airplane_mode_would_cut_the_link(self):
        self.assert_ended(
            self.finish(self.run_on(self.device, options=["--prepare", "airplane"])), 2, "reached over the network"
        )


if __name__ == "__main__":
    adb_case.set_up()
    unittest.main()
