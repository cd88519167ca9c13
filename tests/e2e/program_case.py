"""What the tests of the program share: starting it as a user does, a scenario to name, and reading what it left."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def scenario(**changes):
    """A scenario of two quick cases on the host's CPU."""
    experiment = {
        "operation": "copy",
        "kernels": ["copy_memcpy"],
        "processors": ["cpu"],
        "axes": {"dtype": ["f32"], "shape": [[64, 64], [128, 64]]},
    }
    experiment.update(changes.pop("experiment", {}))
    document = {
        "schema": "hetscope/scenario/1",
        "name": "test",
        "title": "a test",
        "question": "does it run?",
        "budget_s": 0.1,
        "roofs": False,
        "experiments": [experiment],
    }
    return document | changes


class ProgramCase(unittest.TestCase):
    """`self.directory` is this test's own and has a blank in its name; `self.out` is a path in it."""

    program = os.environ.get("HETSCOPE", "")
    faulty = os.environ.get("HETSCOPE_FAULTY", "")  # with kernels and accelerators that fail (faulty_main.cpp)
    limit_s = 120  # of one launch

    def setUp(self):
        self.directory = self.new_directory(self.addCleanup)
        self.out = self.directory / "out"

    @staticmethod
    def new_directory(add_cleanup):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="hetscope test "))
        add_cleanup(shutil.rmtree, directory, ignore_errors=True)
        return directory

    @classmethod
    def hetscope(cls, *arguments, program=None, **options):
        """The program, run to its end; the options are those of subprocess.run."""
        usual = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": cls.limit_s}
        program = cls.program if program is None else program
        if not program:
            raise AssertionError("the program was not given")
        return subprocess.run([program, *map(str, arguments)], text=True, errors="replace",
                              **usual | options)

    def has_opencl(self):
        devices = json.loads(self.hetscope("devices", "--json").stdout)
        return any(processor["name"] == "opencl:0" for processor in devices["processors"])

    def write(self, document, name="scenario.json"):
        """A file of this text, or of this document as JSON."""
        path = self.directory / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    def script(self, name, commands, shebang="#!/bin/sh\n"):
        """A program that stands for another one."""
        path = self.write(shebang + commands + "\n", name)
        path.chmod(0o755)
        return path

    @staticmethod
    def make_records(runs, count, *options):
        """A directory of made-up records."""
        subprocess.run([sys.executable, ROOT / "scripts" / "make_records.py", str(count), runs, *options], check=True)
        return runs

    def records(self, out=None):
        return [json.loads(line) for line in ((out or self.out) / "records.jsonl").read_text().splitlines()]

    @staticmethod
    def write_records(out, records):
        (out / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))

    def assert_refused(self, result, *words):
        """Exit code 2 and one line, which is returned, with these words."""
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        lines = result.stderr.splitlines(keepends=True)
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].endswith("\n"), result.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]

    def assert_valid(self, out=None):
        result = self.hetscope("validate", (out or self.out) / "records.jsonl")
        self.assertEqual(result.returncode, 0, result.stdout)

    def assert_timed(self, records, count):
        """Verified and timed; whether steadily enough is the machine's affair."""
        self.assertEqual(len(records), count)
        for record in records:
            self.assertIn(record["status"], ("ok", "unstable"), record["reason"])
            self.assertTrue(record["latencies"])


def main(has_faulty=False):
    """Runs the tests of a file whose command line begins with the program and, if it has that too, the faulty one.

    Where they are not given, they are what the environment says.
    """
    names = ("program", "faulty") if has_faulty else ("program",)
    if len(sys.argv) > len(names) and not sys.argv[1].startswith("-"):
        for name in names:
            setattr(ProgramCase, name, sys.argv.pop(1))
    unittest.main(verbosity=2)
