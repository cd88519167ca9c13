"""hetscope ab and compare from outside: verdicts, exit codes, and verdicts that can be formed again from the records.

Usage: ab_test.py HETSCOPE HETSCOPE_FAULTY [unittest options]
No test here relates two real timings: programs that print fixed numbers stand for what is fast and slow.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HETSCOPE = os.environ.get("HETSCOPE", "")
FAULTY = os.environ.get("HETSCOPE_FAULTY", "")
CASE = "copy kernel=copy_memcpy processor=cpu dtype=f32 shape=64x64"


class AbTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hetscope ab "))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def hetscope(self, *arguments, program=None):
        return subprocess.run([program or HETSCOPE, *arguments], capture_output=True, text=True, timeout=280)

    def script(self, name, text):
        path = self.directory / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return f"'{path}'"

    def verdicts(self, result):
        return [pair["verdict"] for pair in json.loads(result.stdout)["pairs"]]

    def test_verdicts_and_exit_codes_of_commands(self):
        # Number of lines before it is the state: each launch prints another value around its centre.
        def program(name, centre):
            count = self.directory / (name + ".count")
            return self.script(name, f'echo x >> "{count}"\nn=$(wc -l < "{count}")\necho some text\n'
                                     f"echo $(({centre} + n % 3))\necho $(({centre} + n % 2))\n")

        cases = ((1000, 1000, "SAME", 0), (1000, 1100, "SLOWER", 1), (1100, 1000, "FASTER", 0))
        for number, (base, candidate, verdict, code) in enumerate(cases):
            with self.subTest(verdict):
                result = self.hetscope("ab", "--a-cmd", program(f"a{number}", base), "--b-cmd",
                                       program(f"b{number}", candidate), "--format", "json")
                self.assertEqual(self.verdicts(result), [verdict], result.stderr)
                self.assertEqual(result.returncode, code)

    def test_tools_that_import_knows(self):
        """benchncnn as its documentation shows it, on standard error, a little slower on the other side."""
        def tool(name, average):
            lines = [f"{model:>20}  min = {average * k:7.2f}  max = {average * k * 1.2:7.2f}  avg = {average * k * 1.05:7.2f}"
                     for model, k in (("squeezenet", 1), ("mobilenet", 2))]
            text = "loop_count = 8\nnum_threads = 1\npowersave = 0\ngpu_device = -1\ncooling_down = 1\n" + "\n".join(lines)
            return self.script(name, f"cat >&2 <<'END'\n{text}\nEND\n")

        result = self.hetscope("ab", "--a-cmd", tool("fast", 10), "--b-cmd", tool("slow", 11), "--cmd-row", "mobilenet",
                               "--format", "json")
        self.assertEqual(self.verdicts(result), ["SLOWER"], result.stderr)
        several = self.hetscope("ab", "--a-cmd", tool("one", 10), "--b-cmd", tool("two", 10), "--rounds", "8")
        self.assertIn("--cmd-row", several.stdout + several.stderr)

    def test_undecided(self):
        wide = self.script("wide", f'echo x >> "{self.directory}/n"\nn=$(wc -l < "{self.directory}/n")\n'
                                   "echo $((1000 + 400 * (n % 2)))\n")
        arguments = ("ab", "--a-cmd", wide, "--b-cmd", "echo 1200", "--rounds", "12")
        result = self.hetscope(*arguments)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("UNCLEAR", result.stdout)
        self.assertEqual(self.hetscope(*arguments, "--fail-on", "slower").returncode, 0)

    def test_a_command_that_fails_is_a_reason(self):
        for command, words in (("false", "exited with code 1"), ("echo nothing", "no line that is one number"),
                               (self.script("late", "sleep 60\n"), "timed out"), ("sh -c 'kill -9 $$'", "SIGKILL")):
            with self.subTest(words):
                result = self.hetscope("ab", "--a-cmd", "echo 1", "--b-cmd", command, "--cmd-timeout", "0.3")
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertIn(words, result.stdout)

    def test_no_shell_reads_a_command(self):
        marker = self.directory / "marker"
        self.hetscope("ab", "--a-cmd", f"echo 1; touch '{marker}'", "--b-cmd", f"echo $(touch '{marker}')", "--rounds", "8")
        self.assertFalse(marker.exists())

    def test_wrong_usage(self):
        for arguments in (("ab",), ("ab", "--case", CASE), ("ab", "--a-cmd", "echo 1"),
                          ("ab", "--a-cmd", "echo 1", "--b-cmd", "echo 1", "--a", "kernel=x"),
                          ("ab", "--a-cmd", "echo 1", "--b-cmd", "'echo 1"),
                          ("ab", "--a-cmd", "/no/such/program", "--b-cmd", "echo 1"),
                          ("ab", "--a-cmd", "echo 1", "--b-cmd", "echo 1", "--margin", "0"),
                          ("ab", "--a-cmd", "echo 1", "--b-cmd", "echo 1", "--rounds", "2"),
                          ("ab", "--a-cmd", "echo 1", "--b-cmd", "echo 1", "--budget", "nan"),
                          ("ab", "--case", CASE, "--a", "kernel=copy_memcpyy"),
                          ("ab", "--case", CASE, "--a", "kernel=copy_memcpy", "--b", "kernel=no_such"),
                          ("ab", "--case", CASE, "--b-build", "/no/such/hetscope"),
                          ("compare", str(self.directory)), ("compare", str(self.directory), str(self.directory))):
            with self.subTest(arguments=arguments):
                result = self.hetscope(*arguments)
                self.assertEqual(result.returncode, 2, result.stdout)
                self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)

    def test_cases_are_kept_and_judged_again(self):
        out = str(self.directory / "out")
        first = self.hetscope("ab", "--case", CASE, "--a", "kernel=copy_memcpy", "--rounds", "8", "--out", out,
                              "--format", "json", "--meter", "none")
        self.assertIn(first.returncode, (0, 1, 3), first.stderr)
        again = self.hetscope("compare", out, "--format", "json")
        ratios = [json.loads(result.stdout)["pairs"][0]["ratios"] for result in (first, again)]
        self.assertEqual(ratios[0], ratios[1])
        records = (pathlib.Path(out) / "records.jsonl").read_text().splitlines()
        self.assertGreaterEqual(len(records), 16)
        sessions = {json.loads(line)["session"] for line in records}
        self.assertEqual(len(sessions), len(records) // 2, "each launch is a session")
        self.assertEqual(self.hetscope("validate", out + "/records.jsonl").returncode, 0)

    def test_qualify_writes_what_doctor_reads(self):
        out = str(self.directory / "qualified")
        result = self.hetscope("qualify", "--out", out, "--processor", "cpu", "--launches", "8")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        document = json.loads((pathlib.Path(out) / "qualification.json").read_text())
        self.assertIn(document["verdict"], ("QUALIFIED", "RESTRICTED", "REJECTED"))
        self.assertEqual({probe["processor"] for probe in document["probes"]}, {"cpu"})
        self.assertGreaterEqual(len(document["probes"]), 3)
        self.assertTrue(document["roofs"])
        doctor = self.hetscope("doctor", "--qualification", out + "/qualification.json")
        self.assertIn(document["verdict"], doctor.stdout)
        document["device"]["unit"] = "another"
        other = self.directory / "other.json"
        other.write_text(json.dumps(document))
        doctor = self.hetscope("doctor", "--qualification", str(other))
        self.assertEqual(doctor.returncode, 1)
        self.assertIn("another device", doctor.stdout)
        other.write_text('{"schema": "hetscope/qualification/9"}')
        self.assertEqual(self.hetscope("doctor", "--qualification", str(other)).returncode, 2)

    def test_builds_share_a_case(self):
        result = self.hetscope("ab", "--case", CASE, "--b-build", FAULTY, "--rounds", "8", "--format", "md")
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        self.assertIn("copy_memcpy", result.stdout)
        self.assertLessEqual(len(result.stdout.splitlines()), 20)

    def test_a_kernel_that_crashes_undecides(self):
        result = self.hetscope("ab", "--case", "faulty kernel=faulty_none processor=cpu", "--a", "kernel=faulty_none",
                               "--b", "kernel=faulty_segv", "--rounds", "8", program=FAULTY)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("SIGSEGV", result.stdout)

    def test_two_runs_of_one_session_each_are_undecided(self):
        runs = []
        for name in ("one", "two"):
            runs.append(str(self.directory / name))
            done = self.hetscope("run", "--case", CASE, "--no-roofs", "--budget", "20", "--out", runs[-1])
            self.assertEqual(done.returncode, 0, done.stderr)
        result = self.hetscope("compare", *runs)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("UNCLEAR", result.stdout)

    def test_another_device_is_refused(self):
        runs = []
        for name, model in (("one", "Phone A"), ("two", "Phone B")):
            run = self.directory / name
            runs.append(str(run))
            done = self.hetscope("run", "--case", CASE, "--no-roofs", "--budget", "20", "--out", str(run))
            self.assertEqual(done.returncode, 0, done.stderr)
            records = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
            for record in records:
                record["device"]["model"] = model
            (run / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        refused = self.hetscope("compare", *runs)
        self.assertEqual(refused.returncode, 2)
        for word in ("Phone A", "Phone B", "--force"):
            self.assertIn(word, refused.stderr)
        forced = self.hetscope("compare", *runs, "--force")
        self.assertEqual(forced.returncode, 3, forced.stderr)
        self.assertIn("forced: device model: Phone A against Phone B", forced.stdout)


if __name__ == "__main__":
    if len(sys.argv) >= 3 and not sys.argv[1].startswith("-"):
        HETSCOPE, FAULTY = sys.argv[1], sys.argv[2]
        del sys.argv[1:3]
    unittest.main(verbosity=2)
