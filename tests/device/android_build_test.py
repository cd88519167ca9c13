"""The preset android-arm64 as far as it goes without an NDK: it is there, it says in one line what is missing, it asks the
NDK for the right things, and every library that it would fetch is pinned and used. Nothing is downloaded. What
linux-arm64 lacks it says in one line, too.

Usage: android_build_test.py [unittest options]
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FETCHED = ROOT / "cmake/fetched_libraries.cmake"
ENTRY = re.compile(r"^hetscope_fetch\((\w+) (\S+)\s+([0-9a-f]*) (\S+)\)$", re.MULTILINE)
# Stands where the NDK's own toolchain file would: notes what it was asked for and lets this machine's compiler work.
TOOLCHAIN = """message(STATUS "asked for ${ANDROID_ABI} ${ANDROID_PLATFORM} ${ANDROID_STL}")
set(ANDROID TRUE)
"""


class AndroidPreset(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="android build ")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def ndk(self, revision="26.1.10909125"):
        folder = self.directory / "an ndk"
        (folder / "build/cmake").mkdir(parents=True)
        (folder / "build/cmake/android.toolchain.cmake").write_text(TOOLCHAIN)
        (folder / "source.properties").write_text(f"Pkg.Desc = Android NDK\nPkg.Revision = {revision}\n")
        return folder

    def configure(self, *words, preset="android-arm64", source=ROOT, **environment):
        known = {name: value for name, value in os.environ.items() if not name.startswith("ANDROID_")}
        return subprocess.run(
            ["cmake", "--preset", preset, "-B", self.directory / "build", *words],
            cwd=source, env={**known, **environment}, capture_output=True, text=True, timeout=250,
        )  # fmt: skip

    def assert_refused(self, finished, line):
        self.assertNotEqual(finished.returncode, 0)
        said = [text.strip() for text in finished.stderr.splitlines()]
        self.assertIn(line, said)
        # Nothing but that error, so that it is seen.
        self.assertEqual(finished.stderr.count("CMake Error"), 1, finished.stderr)

    def test_preset_is_listed(self):
        listed = subprocess.run(["cmake", "--list-presets"], cwd=ROOT, capture_output=True, text=True, check=True)
        self.assertIn('"android-arm64"', listed.stdout)

    def test_without_an_ndk_one_line_says_so(self):
        self.assert_refused(
            self.configure(), "no Android NDK: set ANDROID_NDK_HOME to the folder of one, r26 or newer"
        )

    def test_without_arm64_libraries_one_line_says_so(self):
        source = self.directory / "a fresh checkout"
        shutil.copytree(ROOT / "cmake", source / "cmake")
        for name in ("CMakeLists.txt", "CMakePresets.json"):
            shutil.copy(ROOT / name, source / name)
        self.assert_refused(
            self.configure(preset="linux-arm64", source=source),
            "no arm64 libraries: run scripts/setup.sh cross && scripts/cross/fetch_libraries.sh arm64 build/libraries-arm64",
        )

    def test_a_folder_that_is_no_ndk(self):
        self.assert_refused(
            self.configure(ANDROID_NDK_ROOT=str(self.directory)),
            f"no Android NDK in {self.directory}: set ANDROID_NDK_HOME to the folder of one, r26 or newer",
        )

    def test_an_ndk_that_is_too_old(self):
        folder = self.ndk("25.2.9519653")
        self.assert_refused(
            self.configure(ANDROID_NDK_HOME=str(folder)),
            f"the Android NDK in {folder} is r25: r26 or newer is needed",
        )

    def test_what_is_asked_of_the_ndk_and_every_library_is_used(self):
        words = []
        for name, _, _, licence in ENTRY.findall(FETCHED.read_text()):
            copy = self.directory / "libraries" / name
            (copy / "include").mkdir(parents=True)
            (copy / licence).write_text(f"licence of {name}")
            for file in ("hwy/targets.cc", "hwy/aligned_allocator.cc", "hwy/per_target.cc",
                         "re2/re2.cc", "util/rune.cc", "util/strutil.cc"):  # fmt: skip
                (copy / file).parent.mkdir(exist_ok=True)
                (copy / file).touch()
            words.append(f"-DFETCHCONTENT_SOURCE_DIR_{name.upper()}={copy}")
        finished = self.configure("-DFETCHCONTENT_FULLY_DISCONNECTED=ON", *words, ANDROID_NDK_HOME=str(self.ndk()))
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        self.assertIn("asked for arm64-v8a android-29 c++_static", finished.stdout)
        build = self.directory / "build"
        commands = " ".join(entry["command"] for entry in json.loads((build / "compile_commands.json").read_text()))
        for name, _, _, _ in ENTRY.findall(FETCHED.read_text()):
            self.assertRegex(commands, re.escape(f"libraries/{name}"))
            self.assertEqual((build / "licences" / name).read_text(), f"licence of {name}")
        ninja = (build / "build.ninja").read_text()
        self.assertIn("bin/hetscope:", ninja)
        self.assertNotIn("hetscope-static", ninja)  # it could not open the vendor's OpenCL

    def test_every_library_is_pinned(self):
        text = FETCHED.read_text()
        entries = ENTRY.findall(text)
        self.assertEqual(len(entries), text.count("hetscope_fetch(") - 1)  # its description
        self.assertEqual(len(entries), 9)
        for name, address, sha256, _ in entries:
            with self.subTest(library=name):
                self.assertRegex(sha256, r"\A[0-9a-f]{64}\Z")
                self.assertRegex(address, r"\Ahttps://\S*\d\S*\.tar\.(gz|bz2)\Z")
                self.assertNotRegex(address, r"/(main|master|HEAD|latest)\b")
        self.assertEqual(len({sha256 for _, _, sha256, _ in entries}), len(entries))


if __name__ == "__main__":
    unittest.main()
