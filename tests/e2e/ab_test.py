"""hetscope ab and compare from outside: verdicts, exit codes, and verdicts that can be formed again from the records.

Usage: ab_test.py HETSCOPE HETSCOPE_FAULTY [unittest options]
No test here relates two real timings: programs that print fixed numbers stand for what is fast and slow.
"""

import json
import statistics

from program_case import ProgramCase, main

CASE = "copy kernel=copy_memcpy processor=cpu dtype=f32 shape=64x64"


class AbTest(ProgramCase):
    limit_s = 280

    def command(self, name, commands):
        """A script as one word of a command line, whose blanks divide words."""
        return f"'{self.script(name, commands)}'"

    def verdicts(self, result):
        return [pair["verdict"] for pair in json.loads(result.stdout)["pairs"]]

    def run_of_one_session(self, name):
        out = self.directory / name
        done = self.hetscope("run", "--case", CASE, "--no-roofs", "--budget", "20", "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_verdicts_and_exit_codes_of_commands(self):
        # Number of lines before it is the state: each launch prints another value around its centre.
        def program(name, centre):
            count = self.directory / (name + ".count")
            return self.command(name, f'echo x >> "{count}"\nn=$(wc -l < "{count}")\necho some text\n'
                                      f"echo $(({centre} + n % 3))\necho $(({centre} + n % 2))")

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
            lines = ["loop_count = 8", "num_threads = 1", "powersave = 0", "gpu_device = -1", "cooling_down = 1"]
            for model, least in (("squeezenet", average), ("mobilenet", 2 * average)):
                lines.append(f"{model:>20}  min = {least:7.2f}  max = {least * 1.2:7.2f}  avg = {least * 1.05:7.2f}")
            text = "\n".join(lines)
            return self.command(name, f"cat >&2 <<'END'\n{text}\nEND")

        result = self.hetscope("ab", "--a-cmd", tool("fast", 10), "--b-cmd", tool("slow", 11), "--cmd-row", "mobilenet",
                               "--format", "json")
        self.assertEqual(self.verdicts(result), ["SLOWER"], result.stderr)
        several = self.hetscope("ab", "--a-cmd", tool("one", 10), "--b-cmd", tool("two", 10), "--rounds", "8")
        self.assertIn("--cmd-row", several.stdout + several.stderr)

    def test_undecided(self):
        wide = self.command("wide", f'echo x >> "{self.directory}/n"\nn=$(wc -l < "{self.directory}/n")\n'
                                    "echo $((1000 + 400 * (n % 2)))")
        arguments = ("ab", "--a-cmd", wide, "--b-cmd", "echo 1200", "--rounds", "12")
        result = self.hetscope(*arguments)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("UNCLEAR", result.stdout)
        self.assertEqual(self.hetscope(*arguments, "--fail-on", "slower").returncode, 0)

    def test_a_command_that_fails_is_a_reason(self):
        for command, words in (("false", "exited with code 1"), ("echo nothing", "no line that is one number"),
                               (self.command("late", "sleep 60"), "timed out"), ("sh -c 'kill -9 $$'", "SIGKILL")):
            with self.subTest(words):
                result = self.hetscope("ab", "--a-cmd", "echo 1", "--b-cmd", command, "--cmd-timeout", "0.3")
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertIn(words, result.stdout)

    def test_no_shell_reads_a_command(self):
        marker = self.directory / "marker"
        self.hetscope("ab", "--a-cmd", f"echo 1; touch '{marker}'", "--b-cmd", f"echo $(touch '{marker}')",
                      "--rounds", "8")
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
                          ("compare", self.directory), ("compare", self.directory, self.directory)):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.hetscope(*arguments))

    def test_cases_are_kept_and_judged_again(self):
        first = self.hetscope("ab", "--case", CASE, "--a", "kernel=copy_memcpy", "--rounds", "8", "--out", self.out,
                              "--format", "json", "--meter", "none")
        self.assertIn(first.returncode, (0, 1, 3), first.stderr)
        again = self.hetscope("compare", self.out, "--format", "json")
        ratios = [json.loads(result.stdout)["pairs"][0]["ratios"] for result in (first, again)]
        self.assertEqual(ratios[0], ratios[1])
        records = self.records()
        self.assertGreaterEqual(len(records), 16)
        sessions = {record["session"] for record in records}
        self.assertEqual(len(sessions), len(records) // 2, "each launch is a session")
        self.assert_valid()

    def test_qualify_writes_what_doctor_reads(self):
        result = self.hetscope("qualify", "--out", self.out, "--processor", "cpu", "--launches", "8")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        document = json.loads((self.out / "qualification.json").read_text())
        self.assertIn(document["verdict"], ("QUALIFIED", "RESTRICTED", "REJECTED"))
        self.assertEqual({probe["processor"] for probe in document["probes"]}, {"cpu"})
        self.assertGreaterEqual(len(document["probes"]), 3)
        self.assertTrue(document["roofs"])
        doctor = self.hetscope("doctor", "--qualification", self.out / "qualification.json")
        self.assertIn(document["verdict"], doctor.stdout)
        document["device"]["unit"] = "another"
        other = self.write(document, "other.json")
        doctor = self.hetscope("doctor", "--qualification", other)
        self.assertEqual(doctor.returncode, 1)
        self.assertIn("another device", doctor.stdout)
        other.write_text('{"schema": "hetscope/qualification/9"}')
        self.assertEqual(self.hetscope("doctor", "--qualification", other).returncode, 2)

    def test_builds_share_a_case(self):
        result = self.hetscope("ab", "--case", CASE, "--b-build", self.faulty, "--rounds", "8", "--format", "md")
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        self.assertIn("copy_memcpy", result.stdout)
        self.assertLessEqual(len(result.stdout.splitlines()), 20)

    def test_builds_share_no_rounds(self):
        """A launch of two processes counts by the ratio of its two medians."""
        first = self.hetscope("ab", "--case", CASE, "--b-build", self.faulty, "--rounds", "8", "--out", self.out,
                              "--format", "json", "--meter", "none")
        records = self.records()
        self.assertEqual(len({record["group"] for record in records}), len(records))
        medians = [record["latencies"]["host_monotonic"]["median_ns"] for record in records]
        ratios = [candidate / base for base, candidate in zip(medians[::2], medians[1::2])]
        pair = json.loads(first.stdout)["pairs"][0]
        self.assertAlmostEqual(pair["ratios"][0]["ratio"], statistics.median(ratios), places=9)
        again = json.loads(self.hetscope("compare", self.out, "--format", "json").stdout)["pairs"][0]
        self.assertEqual((again["name"], again["ratios"]), (pair["name"], pair["ratios"]))

    def test_a_kernel_that_crashes_undecides(self):
        result = self.hetscope("ab", "--case", "faulty kernel=faulty_none processor=cpu", "--a", "kernel=faulty_none",
                               "--b", "kernel=faulty_segv", "--rounds", "8", program=self.faulty)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("SIGSEGV", result.stdout)

    def test_two_runs_of_one_session_each_are_undecided(self):
        runs = [self.run_of_one_session(name) for name in ("one", "two")]
        result = self.hetscope("compare", *runs)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("UNCLEAR", result.stdout)

    def test_another_device_is_refused(self):
        runs = []
        for name, model in (("one", "Phone A"), ("two", "Phone B")):
            run = self.run_of_one_session(name)
            runs.append(run)
            records = self.records(run)
            for record in records:
                record["device"]["model"] = model
            self.write_records(run, records)
        self.assert_refused(self.hetscope("compare", *runs), "Phone A", "Phone B", "--force")
        forced = self.hetscope("compare", *runs, "--force")
        self.assertEqual(forced.returncode, 3, forced.stderr)
        self.assertIn("forced: device model: Phone A against Phone B", forced.stdout)


if __name__ == "__main__":
    main(has_faulty=True)
