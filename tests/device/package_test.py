"""What scripts/package.sh makes of a build: a tar whose manifest checks, whose program starts, and whose bytes are the same
each time; for arm64 also that it is small.

Usage: package_test.py PRESET [unittest options]
"""

import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import rooms

LARGEST_BYTES = 10_000_000  # of a stripped program for a device


class Package(unittest.TestCase):
    preset = ""

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="a package "))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.archive = cls.make("first")
        with tarfile.open(cls.archive) as packed:
            cls.members = packed.getmembers()
        (cls.directory / "unpacked").mkdir()
        subprocess.run(["tar", "-xzf", cls.archive, "-C", cls.directory / "unpacked"], check=True)
        (cls.folder,) = (cls.directory / "unpacked").iterdir()

    @classmethod
    def make(cls, name):
        words = ["bash", rooms.ROOT / "scripts/package.sh", cls.preset, "--out", cls.directory / name]
        made = subprocess.run(words, capture_output=True, text=True, timeout=250)
        assert made.returncode == 0, made.stderr
        (archive,) = (cls.directory / name).iterdir()
        return archive

    def check_manifest(self):
        return subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", "MANIFEST"], cwd=self.folder, capture_output=True, text=True
        )

    def test_the_manifest_names_every_file_and_checks(self):
        listed = [line.split("  ", 1)[1] for line in (self.folder / "MANIFEST").read_text().splitlines()]
        there = [f"./{path.relative_to(self.folder)}" for path in self.folder.rglob("*") if path.is_file()]
        self.assertEqual(sorted([*listed, "./MANIFEST"]), sorted(there))
        checked = self.check_manifest()
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_a_changed_file_does_not_check(self):
        path = self.folder / "scenarios/smoke/copy.json"
        before = path.read_bytes()
        path.write_bytes(before + b" ")
        try:
            self.assertIn("./scenarios/smoke/copy.json: FAILED", self.check_manifest().stdout)
        finally:
            path.write_bytes(before)

    def test_program_scenarios_and_licences_are_there(self):
        for name in ("hetscope", "scenarios/smoke/copy.json", "scenarios/curated/layout.json", "licences/hetscope"):
            self.assertTrue((self.folder / name).is_file(), name)
        self.assertGreaterEqual(len(list((self.folder / "licences").iterdir())), 9)
        self.assertTrue(all(path.stat().st_size for path in (self.folder / "licences").iterdir()))
        for member in self.members:
            self.assertTrue(member.isfile() or member.isdir(), member.name)  # no link leads out of it
            self.assertEqual((member.uid, member.gid, member.uname, member.mtime), (0, 0, "", 0))

    def test_programs_start_and_are_small(self):
        emulator = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"] if "arm64" in self.preset else []
        programs = [path for path in self.folder.iterdir() if path.name in ("hetscope", "hetscope-static")]
        self.assertEqual(len(programs), 2 if self.preset == "linux-arm64" else 1)
        for program in programs:
            said = subprocess.run([*emulator, program, "--version"], capture_output=True, text=True, timeout=60)
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertEqual(said.stdout.startswith("hetscope "), True)
            self.assertEqual("aarch64" in said.stdout, bool(emulator), said.stdout)
            if emulator:
                self.assertLessEqual(program.stat().st_size, LARGEST_BYTES)

    def test_the_same_build_gives_the_same_bytes(self):
        self.assertEqual(self.make("second").read_bytes(), self.archive.read_bytes())


if __name__ == "__main__":
    Package.preset = sys.argv[1]
    del sys.argv[1]
    if not (rooms.ROOT / "build" / Package.preset / "bin/hetscope").is_file():
        rooms.skip(f"there is no build/{Package.preset}/bin/hetscope: cmake --preset {Package.preset}, then build it")
    if "arm64" in Package.preset and shutil.which("qemu-aarch64-static") is None:
        rooms.skip("no qemu-aarch64-static: apt-get install qemu-user-static")
    unittest.main()
