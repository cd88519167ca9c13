"""What goes in from other tools and what goes out to them, from outside: import, and what its records are good for.

Usage: exchange_test.py HETSCOPE [unittest options]
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HETSCOPE = os.environ.get("HETSCOPE", "")
ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "golden" / "importers"


class ExchangeTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hetscope exchange "))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.out = str(self.directory / "out")

    def hetscope(self, *arguments, **options):
        return subprocess.run([HETSCOPE, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              errors="replace", **options)

    def assert_refused(self, result, *words):
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def records(self, out=None):
        return [json.loads(line) for line in (pathlib.Path(out or self.out) / "records.jsonl").read_text().splitlines()]


class ImportTest(ExchangeTest):
    def test_a_file_is_recognised_kept_and_reported(self):
        sample = SAMPLES / "benchncnn" / "documented.txt"
        result = self.hetscope("import", sample, "--out", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("benchncnn", result.stdout)
        run = json.loads((pathlib.Path(self.out) / "run.json").read_text())["imported_from"]
        self.assertEqual(run["sha256"], hashlib.sha256(sample.read_bytes()).hexdigest())
        self.assertEqual((pathlib.Path(self.out) / run["raw"]).read_bytes(), sample.read_bytes())
        (record,) = self.records()
        self.assertEqual(record["source"]["file_sha256"], run["sha256"])
        self.assertEqual(record["latencies"]["benchncnn"]["mean_ns"], 11740000)
        self.assertIsNone(record["latencies"]["benchncnn"]["ci95_ns"])
        self.assertEqual(self.hetscope("validate", self.out + "/records.jsonl").returncode, 0)
        for suffix in ("html", "md", "csv"):
            report = self.directory / ("report." + suffix)
            self.assertEqual(self.hetscope("report", self.out, "--out", report).returncode, 0)
            self.assertIn("benchncnn", report.read_text())
        self.assertIn("mean 11.7 ms", (self.directory / "report.md").read_text())
        self.assertNotIn("--case", (self.directory / "report.md").read_text())

    def test_the_printed_command_makes_the_same_records(self):
        sample = SAMPLES / "benchncnn" / "second_stream.txt"
        first = self.hetscope("import", "auto", sample, "--stderr", SAMPLES / "benchncnn" / "second_stream.second.txt",
                              "--model", "a model", "--out", self.out)
        self.assertEqual(first.returncode, 0, first.stderr)
        words = json.loads((pathlib.Path(self.out) / "run.json").read_text())["argv"]
        again = str(self.directory / "again")
        second = self.hetscope(*words[1:-1], again, cwd=self.out)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertEqual(self.records(), self.records(again))

    def test_a_tool_that_failed(self):
        sample = SAMPLES / "benchncnn" / "documented.txt"
        result = self.hetscope("import", "benchncnn", sample, "--exit-code", "3", "--out", self.out)
        self.assertEqual(result.returncode, 1, result.stderr)
        (record,) = self.records()
        self.assertEqual(record["status"], "failed")
        self.assertIn("exit code 3", record["reason"])

    def test_what_is_refused(self):
        wrong = {
            ("import", "bench", SAMPLES / "benchncnn" / "documented.txt"): ["unknown format", "benchncnn"],
            ("import", SAMPLES / "README.md"): ["no known format"],
            ("import", "trtexec", SAMPLES / "benchncnn" / "documented.txt"): ["holds no trtexec"],
            ("import", "benchncnn", SAMPLES / "benchncnn" / "decimal_comma.txt"): ["decimal comma", "line 6", "LC_ALL=C"],
            ("import", self.directory / "none"): ["cannot be opened"],
            ("import", self.directory): ["directory"],
            ("import",): ["required"],
        }
        for arguments, words in wrong.items():
            with self.subTest(arguments=arguments):
                self.assert_refused(self.hetscope(*arguments, "--out", self.out), *words)
        self.assertFalse(pathlib.Path(self.out).exists())

    def test_a_directory_in_use_is_refused(self):
        sample = SAMPLES / "benchncnn" / "documented.txt"
        self.assertEqual(self.hetscope("import", sample, "--out", self.out).returncode, 0)
        self.assert_refused(self.hetscope("import", sample, "--out", self.out), "--out")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        HETSCOPE = sys.argv.pop(1)
    unittest.main()
