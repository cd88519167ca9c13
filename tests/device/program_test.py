"""The real program on a test phone: pushed, run, brought home, judged by its own `validate`; with a fourth argument
"arm64" a static arm64 binary on a phone that says it is an arm64 one, under qemu-user.

Usage: program_test.py DAEMONS ROOM PROGRAM [arm64] [unittest options]
"""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

import adb_case
import phone
import rooms
from adb_case import AdbCase
from driver_case import DONE, FAILED

BINFMT = pathlib.Path("/proc/sys/fs/binfmt_misc")


def register_qemu():
    """Lets this room's kernel start arm64 programs by qemu-user; the rest of the machine does not notice."""
    if shutil.which("qemu-aarch64-static") is None:
        rooms.skip("no qemu-aarch64-static: apt-get install qemu-user-static")
    mounted = subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT], capture_output=True, text=True)
    if mounted.returncode != 0:
        rooms.skip(f"no binfmt_misc of one's own here (Linux 6.7 has it): {mounted.stderr.strip()}")
    line = pathlib.Path("/usr/lib/binfmt.d/qemu-aarch64.conf").read_bytes().strip()
    if not (BINFMT / "qemu-aarch64").exists():
        (BINFMT / "register").write_bytes(line)


class ProgramOnPhone(AdbCase):
    program = None
    is_arm64 = False

    def make_phone(self):
        device = super().make_phone(size_mib=192)
        if self.is_arm64:
            device.remove_tool("uname")
            phone.write_program(device.root / "system/bin/uname", "#!/system/bin/sh\necho aarch64\n")
        return device

    def test_one_case_there_and_back(self):
        device = self.make_phone()
        run = self.start(
            *self.words(device, program=self.program),
            "--case",
            "copy kernel=copy_memcpy processor=cpu dtype=f32 shape=64x64 threads=1",
            "--no-roofs",
            "--no-gate",
            **self.server.environment,
        )
        self.assert_ended(self.finish(run), DONE, "1 records: 1 ok")
        records = [json.loads(line) for line in (self.out / "records.jsonl").read_text().splitlines()]
        self.assertEqual([record["status"] for record in records], ["ok"])
        self.assertEqual(records[0]["verify"]["max_abs_error"], 0.0)
        compiled_for = json.loads((self.out / "run.json").read_text())["build"]["target"]
        self.assertEqual("aarch64" in compiled_for, self.is_arm64)
        check = subprocess.run(
            [self.program, "validate", self.out / "records.jsonl"], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)

    def test_a_smoke_scenario_there_and_back(self):
        device = self.make_phone()
        scenario = rooms.ROOT / "scenarios/smoke/copy.json"
        options = ["--processor", "cpu", "--no-roofs", "--no-gate"]
        self.assert_ended(self.finish(self.run_on(device, program=self.program, scenario=scenario, options=options)), DONE)
        records = [json.loads(line) for line in (self.out / "records.jsonl").read_text().splitlines()]
        self.assertEqual(len(records), 4)  # two activations, from a warm and from a cold cache
        for record in records:
            # A machine that others use gives `unstable`, which is no fault of the way there and back.
            self.assertIn(record["status"], ("ok", "unstable"), record["reason"])
            self.assertEqual(record["verify"]["max_abs_error"], 0.0)
            self.assertEqual(record["verify"]["checked"], record["work"]["bytes"] // 8)
        self.assertEqual(self.device_record()["missing_cases"], [])
        self.assert_left_clean(device)

    def test_onboarding_page(self):
        device = self.make_phone()
        named = ["--adb", self.server.adb, "--device", device.serial, "--binary", self.program, "--out", self.out]
        finished = self.driver("onboard", *named, rooms.ROOT / "scenarios/smoke/copy.json", **self.server.environment)
        self.assertIn(finished.code, (DONE, FAILED), str(finished))  # a loaded machine is not fit to measure
        page = (self.out / "onboard.md").read_text()
        for words in ("| SoC | Acme P100 |", "processor   cpu", "energy meters", "cases in", "minutes", "## Verdict",
                      "## What does not, and what would mend it"):  # fmt: skip
            self.assertIn(words, page)

    def test_an_embedded_scenario_needs_no_file(self):
        said = subprocess.run(
            [self.program, "--dump"], capture_output=True, text=True, timeout=60, check=True
        ).stdout.split()
        self.assertIn("scenarios/smoke/copy.json", said)
        self.assertTrue([name for name in said if name.endswith(".cl")])
        for name in ("scenarios/smoke/copy.json", "scenarios/shapes/resnet50.json"):
            text = subprocess.run([self.program, "--dump", name], capture_output=True, timeout=60, check=True).stdout
            self.assertEqual(text, (rooms.ROOT / name).read_bytes())
        listed = subprocess.run(
            [self.program, "list", "scenarios/smoke/copy.json", "--processor", "cpu"],
            capture_output=True, text=True, timeout=60, cwd=self.directory,
        )  # fmt: skip
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("copy_memcpy", listed.stdout)


if __name__ == "__main__":
    ProgramOnPhone.program = pathlib.Path(sys.argv[3]).resolve()
    ProgramOnPhone.is_arm64 = sys.argv[4:5] == ["arm64"]
    if not ProgramOnPhone.program.is_file():
        rooms.skip(f"there is no {ProgramOnPhone.program}: cmake --preset linux-arm64, then build hetscope-static")
    adb_case.set_up(own_users=ProgramOnPhone.is_arm64)
    if ProgramOnPhone.is_arm64:
        register_qemu()
    del sys.argv[1 : 3 if ProgramOnPhone.is_arm64 else 2]
    unittest.main()
