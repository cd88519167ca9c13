"""The driver without a device: its tables, and its rules about what may be believed.

Usage: driver_test.py [unittest options]
"""

import json
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest
from unittest import mock

import driver_case  # noqa: F401 (finds the driver)
from hetscope_device import (
    cli,
    clock,
    errors,
    pull,
    push,
    quirks,
    redact,
    scenario_files,
    state,
    temperature_gate,
    transport,
    transport_ssh,
    words,
)
from hetscope_device.transport_ssh import parse_address

FACTS = pathlib.Path(__file__).with_name("facts")


class Quirks(unittest.TestCase):
    def test_each_example_is_recognised_by_its_own_line_of_the_table(self):
        outcomes = {
            "link_lost": errors.LinkLost,
            "try_again": errors.TryAgain,
            "sick": errors.DeviceSick,
            "failed": errors.Failed,
        }
        for quirk in quirks.load():
            self.assertTrue(quirk.examples, quirk.id)
            for example in quirk.examples:
                with self.subTest(quirk=quirk.id, example=example):
                    found = quirks.find(quirk.where, example)
                    self.assertIsNotNone(found)
                    self.assertEqual(found.id, quirk.id)
                    error = quirks.error_for(quirk.where, example, "phone", errors.Failed)
                    self.assertIn(type(error), outcomes.values())
                    self.assertIn(quirk.remedy, str(error))

    def test_the_words_of_a_device_reach_no_terminal_unchanged(self):
        error = quirks.error_for("transport", "error: device offline \x1b[31mred\x07", "phone", errors.LinkLost)
        self.assertNotIn("\x1b", str(error))
        self.assertNotIn("\x07", str(error))

    def test_exit_codes(self):
        codes = {
            kind.__name__: kind.exit_code
            for kind in (
                errors.Failed,
                errors.WrongUsage,
                errors.TryAgain,
                errors.DeviceSick,
                errors.LinkLost,
                clock.Interrupted,
            )
        }
        self.assertEqual(
            codes, {"Failed": 1, "WrongUsage": 2, "TryAgain": 75, "DeviceSick": 76, "LinkLost": 75, "Interrupted": 75}
        )


class Documents(unittest.TestCase):
    def test_every_test_that_the_documents_name_is_there(self):
        here = pathlib.Path(__file__).parent
        there = set()
        for path in here.glob("*_test.py"):
            there |= set(re.findall(r"def (test_\w+)\(", path.read_text()))
        named = set(re.findall(r"`(test_\w+)`", (here.parents[1] / "docs/device.md").read_text()))
        self.assertGreater(len(named), 30)
        self.assertEqual(named - there, set())


class Shell(unittest.TestCase):
    HOSTILE = [
        "",
        " ",
        "'",
        '"',
        "$(id)",
        "`id`",
        ";id",
        "&",
        "|",
        ">x",
        "*",
        "?",
        "~",
        "\\",
        "\n",
        "\t",
        "-n",
        "é☂",
        "%s",
        "!!",
        "$'\\n'",
        "#",
    ]

    def test_every_word_arrives_as_it_is(self):
        script = words.command("printf", "%s\\0", *self.HOSTILE)
        self.assertEqual(shlex.split(script), ["printf", "%s\\0", *self.HOSTILE])
        said = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True).stdout
        self.assertEqual(said.decode().split("\0")[:-1], self.HOSTILE)

    def test_a_call_counts_when_its_own_end_marker_has_arrived(self):
        marker = b"\nhetscope_end_0123=7\n"
        self.assertEqual(transport.read_marked(b"text" + marker, "0123").status, 7)
        self.assertEqual(transport.read_marked(b"text" + marker, "0123").output, b"text")
        self.assertEqual(
            transport.read_marked(b"a\r\nb\r\n" + marker.replace(b"\n", b"\r\n"), "0123").output, b"a\nb\n"
        )
        for cut in (b"", b"text", b"text" + marker[:-1], b"text\nhetscope_end_9999=0\n", b"hetscope_end_0123=\n"):
            self.assertIsNone(transport.read_marked(cut, "0123"), cut)
        # A device that prints a marker of its own before: the last one counts.
        self.assertEqual(transport.read_marked(b"\nhetscope_end_0123=0\n" + marker, "0123").status, 7)

    def test_addresses(self):
        self.assertEqual(parse_address("board"), ("board", None))
        self.assertEqual(parse_address("me@board:2222"), ("me@board", "2222"))
        self.assertEqual(parse_address("[fe80::1%eth0]:22"), ("fe80::1%eth0", "22"))
        for wrong in ("", "-oProxyCommand=id", "me@-x", "a b", "a:b", "a@b@c", "host:22:33"):
            with self.assertRaises(errors.WrongUsage, msg=wrong):
                parse_address(wrong)

    def test_sockets_lie_where_their_paths_are_short(self):
        with tempfile.TemporaryDirectory(prefix="hetscope ") as short:
            long = pathlib.Path(short, "x" * 80)
            long.mkdir()
            made = transport_ssh.make_sockets_directory((long, short))
            self.assertEqual(pathlib.Path(made).parent, pathlib.Path(short))
            self.assertLess(len(made) + len("/c") + 17, 104)
            self.assertIsNone(transport_ssh.make_sockets_directory((long,)))
        with mock.patch.object(transport_ssh, "make_sockets_directory", return_value=None), mock.patch("shutil.which"):
            board = transport_ssh.SshTransport("board")
            self.assertIn("ControlPath=none", board._words("true"))
            board.close()

    def test_folders_of_devices_differ(self):
        names = ["a:1", "a_1", "../../x", "..", "é", "ssh:me@host:22", ""]
        folders = [cli.folder_of(name) for name in names]
        self.assertEqual(len(set(folders)), len(names))
        for folder in folders:
            self.assertRegex(folder, r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


class ScenarioFiles(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="scenario files ")
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)

    def write(self, name, value):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    def test_the_files_that_a_scenario_names_come_along_and_keep_their_places(self):
        self.write("shapes/a.json", {})
        scenario = self.write("curated/x.json", {"experiments": [{"axes": {"shape": {"file": "../shapes/a.json"}}}]})
        files, places = scenario_files.collect([scenario])
        self.assertEqual(sorted(file.place for file in files), ["curated/x.json", "shapes/a.json"])
        self.assertEqual(places, ["curated/x.json"])

    def test_a_list_of_files_comes_along_too(self):
        self.write("a.json", {})
        self.write("b.json", {})
        files, _ = scenario_files.collect([self.write("x.json", {"shape": {"file": ["a.json", "b.json"]}})])
        self.assertEqual(sorted(file.place for file in files), ["a.json", "b.json", "x.json"])

    def test_what_cannot_be_read_is_wrong_usage(self):
        wrong = [
            str(self.root / "none.json"),
            self.write("a.json", "{"),
            self.write("b.json", "[" * 100000),
            self.write("c.json", {"file": "/etc/passwd"}),
            self.write("d.json", {"file": "gone.json"}),
        ]
        for path in wrong:
            with self.assertRaises(errors.WrongUsage, msg=path):
                scenario_files.collect([path])


class Architecture(unittest.TestCase):
    def check(self, machine, code):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00" + code.to_bytes(2, "little") + bytes(44))
            file.flush()
            push.check_architecture(file.name, machine, "phone")

    def test_programs_for_this_device(self):
        for machine, code in (("aarch64", 183), ("x86_64", 62), ("aarch64", 40), ("", 62), ("something", 9999)):
            self.check(machine, code)

    def test_programs_for_another(self):
        for machine, code in (("aarch64", 62), ("x86_64", 183), ("armv7l", 183)):
            with self.assertRaises(errors.Failed):
                self.check(machine, code)


class BringingHome(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        (self.root / "run.json").write_text('{"run_uuid": "u"}')

    def records(self, *lines):
        (self.root / "records.jsonl").write_text("".join(lines))
        return pull.check(self.root)

    @staticmethod
    def record(case, status="ok", uuid="u"):
        return json.dumps({"run_uuid": uuid, "case": case, "status": status}) + "\n"

    def test_counts(self):
        home = self.records(self.record("a"), self.record("b", "failed"))
        self.assertEqual((home.records, home.statuses, home.faults), (2, {"ok": 1, "failed": 1}, []))

    def test_a_record_of_another_run_is_refused(self):
        with self.assertRaises(errors.Failed):
            self.records(self.record("a"), self.record("b", uuid="v"))

    def test_a_finished_case_may_not_come_twice(self):
        with self.assertRaises(errors.Failed):
            self.records(self.record("a"), self.record("a"))
        self.assertEqual(self.records(self.record("a", "failed"), self.record("a")).statuses, {"ok": 1})

    def test_torn_lines_are_named(self):
        home = self.records(self.record("a"), self.record("b")[:-9])
        self.assertEqual(home.records, 1)
        self.assertEqual(len(home.faults), 1)
        self.assertEqual(len(self.records("null\n", "[" * 5000 + "\n", self.record("a")).faults), 2)

    def test_names_that_leave_the_directory_are_refused(self):
        for name in ("../x", "/etc/passwd", "a/b", "", ".x", "a\x1b", "x" * 200):
            lines = {"file": [f"{'0' * 64} 1 {name}"]}
            with self.assertRaises(errors.Failed, msg=name):
                pull.manifest_of(type("Answer", (), {"lists": lines}))


class DeviceState(unittest.TestCase):
    def text(self, **changes):
        facts = {name: (FACTS / f"{name}.txt").read_text() for name in ("battery", "thermal", "getprop")}
        facts.update(changes)
        return "".join(f"== {name}\n{text}" for name, text in facts.items())

    def test_a_phone(self):
        now = state.describe(self.text())
        self.assertEqual(now["battery"], {"level_percent": 83, "temp_c": 29.1, "powered_by": ["usb"], "charging": True})
        self.assertEqual(now["temperature"]["thermal_status"], 0)
        self.assertEqual(now["temperature"]["sensors_c"]["CPU0"], 38.6)  # what the HAL says now, not what is cached

    def test_zones_in_degrees_and_millidegrees(self):
        self.assertEqual(
            state.read_zones(["cpu=41000", "soc=45", "off=0", "broken=-274000", "silly=9999999", "text=x"]),
            {"cpu": 41.0, "soc": 45.0},
        )

    def test_hostile_answers_do_not_end_the_driver(self):
        for text in (
            "",
            "== battery\n",
            "== getprop\n[x]: [",
            "== thermal\nThermal Status: 99999999999\n",
            "\x00" * 1000,
            "== \n= = =\n" * 100,
        ):
            now = state.describe(text)
            reading = state.Temperature(state.sections(text))
            temperature_gate.Gate().too_hot(reading)
            json.dumps(now)

    def test_what_is_missing_is_named(self):
        now = state.describe("== battery\nmissing: dumpsys\n== thermal\nCan't find service: thermalservice\n")
        self.assertEqual(set(now["missing"]), {"battery", "thermal"})


class FakeClock:
    def __init__(self):
        self.now = 0.0

    def now_s(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class FakeDevice:
    """Answers `temperature` with one text after the other; the last one for ever."""

    name = "phone"

    def __init__(self, *texts):
        self.clock = FakeClock()
        self._texts = list(texts)

    def ask(self, question):
        text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
        return type("Answer", (), {"text": text})


class TemperatureGate(unittest.TestCase):
    @staticmethod
    def zone(degrees):
        return f"== thermal_zones\nsoc={degrees * 1000}\n"

    def test_waits_as_long_as_needed_and_no_longer(self):
        device = FakeDevice(self.zone(90), self.zone(80), self.zone(60))
        said = temperature_gate.wait_until_cool(device, temperature_gate.Gate(zone_c=65), lambda line: None)
        self.assertEqual((said["gate"], device.clock.now), ("passed", 10.0))

    def test_holds_the_device_at_each_look(self):
        device = FakeDevice(self.zone(90), self.zone(80), self.zone(60))
        held = []
        temperature_gate.wait_until_cool(
            device, temperature_gate.Gate(zone_c=65), lambda line: None, hold=lambda: held.append(device.clock.now)
        )
        self.assertEqual(held, [0.0, 5.0, 10.0])

    def test_gives_up_in_time(self):
        device = FakeDevice(self.zone(90))
        with self.assertRaises(errors.TryAgain):
            temperature_gate.wait_until_cool(device, temperature_gate.Gate(timeout_s=60), lambda line: None)
        self.assertAlmostEqual(device.clock.now, 60.0)

    def test_a_device_without_thermometer(self):
        said = temperature_gate.wait_until_cool(FakeDevice(""), temperature_gate.Gate(), lambda line: None)
        self.assertEqual(said["gate"], "unknown")


class Redaction(unittest.TestCase):
    def test_identities_go_and_meaning_stays(self):
        secret = "SER0123456"
        text = (
            f"{secret} offline\n[ro.serialno]: [ABCDEF]\nat 192.168.178.33:5555 and fe80:1:2:3:4:5:6:7\n"
            "b8:27:eb:12:34:56 a.person@example.org 356938035643809\n[ro.soc.model]: [SM8650]\nkernel 6.1.25 v2.0\n"
        )
        clean = redact.Redaction(secret).apply(text)
        for word in (secret, "ABCDEF", "192.168.178.33", "fe80:1:2", "b8:27", "a.person", "356938035643809"):
            self.assertNotIn(word, clean)
        for word in ("offline", "SM8650", "6.1.25", "[ro.serialno]"):
            self.assertIn(word, clean)


if __name__ == "__main__":
    unittest.main()
