"""What goes in from other tools and what goes out to them, from outside: import, and what its records are good for.

Usage: exchange_test.py HETSCOPE [unittest options]
"""

import hashlib
import json
import os

from program_case import ROOT, ProgramCase, main, scenario

SAMPLES = ROOT / "tests" / "golden" / "importers"


class ImportTest(ProgramCase):
    def test_a_file_is_recognised_kept_and_reported(self):
        sample = SAMPLES / "benchncnn" / "documented.txt"
        result = self.hetscope("import", sample, "--out", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("benchncnn", result.stdout)
        run = json.loads((self.out / "run.json").read_text())["imported_from"]
        self.assertEqual(run["sha256"], hashlib.sha256(sample.read_bytes()).hexdigest())
        self.assertEqual((self.out / run["raw"]).read_bytes(), sample.read_bytes())
        (record,) = self.records()
        self.assertEqual(record["source"]["file_sha256"], run["sha256"])
        self.assertEqual(record["latencies"]["benchncnn"]["mean_ns"], 11740000)
        self.assertIsNone(record["latencies"]["benchncnn"]["ci95_ns"])
        self.assert_valid()
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
        words = json.loads((self.out / "run.json").read_text())["argv"]
        again = self.directory / "again"
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
            ("import", "benchncnn", SAMPLES / "benchncnn" / "decimal_comma.txt"):
                ["decimal comma", "line 6", "LC_ALL=C"],
            ("import", self.directory / "none"): ["cannot be opened"],
            ("import", self.directory): ["directory"],
            ("import",): ["required"],
        }
        for arguments, words in wrong.items():
            with self.subTest(arguments=arguments):
                self.assert_refused(self.hetscope(*arguments, "--out", self.out), *words)
        self.assertFalse(self.out.exists())

    def test_published_figures_stand_beside_a_measured_model(self):
        sample = SAMPLES / "mnn_benchmark" / "new.txt"
        self.assertEqual(self.hetscope("import", sample, "--model", "swin_t.mnn", "--out", self.out).returncode, 0)
        report = self.directory / "report.md"
        published = [ROOT / "scenarios" / "published" / name for name in ("smartmem_table_8.json", "codl.json")]
        result = self.hetscope("report", self.out, "--out", report, "--published", *published)
        self.assertEqual(result.returncode, 0, result.stderr)
        text = report.read_text()
        rows = [line for line in text.splitlines() if line.startswith("| Swin |")]
        self.assertEqual(len(rows), 2, text)  # the file has a second run, with weights in int8
        self.assertIn("372 ms", rows[0])
        self.assertIn("30.6 ms", rows[0])
        self.assertIn("Adreno 740", text)
        self.assertIn("7.16", text)
        self.assertIn("MobiSys", text)
        self.assertEqual(self.hetscope("report", self.out, "--out", self.directory / "r.html", "--published",
                                       *published).returncode, 0)
        self.assert_refused(self.hetscope("report", self.out, "--out", report, "--published", sample), "new.txt")

    def test_a_directory_in_use_is_refused(self):
        sample = SAMPLES / "benchncnn" / "documented.txt"
        self.assertEqual(self.hetscope("import", sample, "--out", self.out).returncode, 0)
        self.assert_refused(self.hetscope("import", sample, "--out", self.out), "--out")


class ExportTest(ProgramCase):
    def setUp(self):
        super().setUp()
        self.run_directory = self.directory / "run"
        result = self.hetscope("run", self.write(scenario(budget_s=0.4)), "--out", self.run_directory)
        self.assertEqual(result.returncode, 0, result.stderr)

    def export(self, *options):
        result = self.hetscope("export", self.run_directory, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_google_benchmark_and_back(self):
        document = json.loads(self.export("--format", "google-benchmark"))
        records = self.records(self.run_directory)
        names = {entry["run_name"] for entry in document["benchmarks"]}
        # A busy machine may make a row unstable; such a row is told beside the others.
        timed = [record for record in records if record["status"] == "ok"]
        self.assertEqual(names, {record["case"] for record in timed})
        untimed = [record["case"] for record in records if record["status"] != "ok"]
        told = document["context"]["hetscope_without_time"]
        self.assertEqual([text.split(": unstable")[0] for text in told], untimed)
        for record in timed:
            medians = [entry for entry in document["benchmarks"] if entry["name"] == record["case"] + "_median"]
            self.assertEqual([entry["real_time"] for entry in medians],
                             [record["latencies"]["host_monotonic"]["median_ns"]])
        path = self.write(document, "export.json")
        again = self.hetscope("import", "google_benchmark", path, "--out", self.out)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual({record["axes"]["name"] for record in self.records()}, names)

    def test_json_and_csv(self):
        document = json.loads(self.export("--format", "json"))
        self.assertEqual(document["runs"][0]["records"], self.records(self.run_directory))
        target = self.directory / "export.csv"
        self.assertEqual(self.export("--format", "csv", "--out", target), "")
        self.assertEqual(len(target.read_text().splitlines()), 3)

    def test_redacted(self):
        run = json.loads((self.run_directory / "run.json").read_text())
        secrets = [run["host"]["boot_id"], run["host"]["device_unit"], run["binary_sha256"], run["build"]["git_commit"],
                   str(self.directory)]
        for form in ("google-benchmark", "csv", "json"):
            text = self.export("--format", form, "--redact")
            for secret in filter(None, secrets):
                self.assertNotIn(secret, text, form)
            self.assertIn("copy_memcpy", text)

    def test_what_is_refused(self):
        self.assert_refused(self.hetscope("export", self.run_directory, "--format", "xml"), "xml")
        self.assert_refused(self.hetscope("export", self.directory / "none", "--format", "csv"), "does not exist")
        self.assert_refused(self.hetscope("export", self.run_directory, "--format", "csv", "--out", "/nowhere/x.csv"),
                            "cannot be written")

    # The times themselves decide nothing here: a loaded machine may give any verdict, but never another line.
    def test_reproduce(self):
        kept = self.directory / "kept"
        result = self.hetscope("reproduce", f"{self.run_directory}:1", "--sessions", "1", "--out", kept)
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        first = result.stdout.splitlines()[0]
        self.assertRegex(first, {0: "^SAME: ", 1: "^DIFFERENT: ", 3: "^NOT COMPARABLE: "}[result.returncode])
        self.assertIn(self.records(self.run_directory)[0]["case"], result.stdout)
        self.assertEqual(len(self.records(kept / "1")), 1)

    def test_reproduce_elsewhere(self):
        record = self.records(self.run_directory)[0]
        record["device"]["unit"] = "0000000000000000"
        other = self.write(json.dumps(record) + "\n", "other.jsonl")
        result = self.hetscope("reproduce", other)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("NOT COMPARABLE: another device", result.stdout)
        self.assertIn("0000000000000000", result.stdout)
        gone = dict(record, device={"model": "", "unit": ""})
        gone["case"] = gone["case"].replace("processor=cpu", "processor=npu:7")
        gone["processors"] = ["npu:7"]
        other.write_text(json.dumps(gone) + "\n")
        result = self.hetscope("reproduce", other)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("npu:7", result.stdout)

    def test_reproduce_refuses(self):
        self.assert_refused(self.hetscope("reproduce", self.run_directory), "2 records", ":LINE")
        self.assert_refused(self.hetscope("reproduce", f"{self.run_directory}:9"), "no such line")
        self.assert_refused(self.hetscope("reproduce", self.run_directory, "--case", "copy kernel=none processor=cpu"),
                            "no record")
        self.assert_refused(self.hetscope("reproduce", f"{self.run_directory}:1", "--margin", "7"), "margin")

    def test_replay_refuses(self):
        out = self.directory / "replayed"
        self.assert_refused(self.hetscope("replay", self.run_directory, "--out", out),
                            "no group has a trusted divided row")
        self.assert_refused(self.hetscope("replay", self.run_directory, "--out", out, "--vary", "ratio"), "--vary")
        self.assert_refused(self.hetscope("replay", self.run_directory, "--out", out, "--case",
                                          self.records(self.run_directory)[0]["case"]), "divides nothing")
        self.assertFalse(out.exists())


class ReplayTest(ProgramCase):
    def setUp(self):
        super().setUp()
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("one CPU only: nothing can be divided")
        self.sets = [f"cpu@{cpu}" for cpu in cpus[:2]]
        path = self.write({
            "schema": "hetscope/scenario/1", "name": "divided", "budget_s": 0.05, "roofs": False,
            "experiments": [{
                "operation": "conv2d", "kernels": ["conv2d_direct", "conv2d_split"], "processors": self.sets,
                "together": [self.sets],
                "axes": {"shape": [[1, 8, 16, 16]], "filters": [8], "window": [[3, 3]], "padding": [[1, 1]],
                         "parts": ["conv2d_direct,conv2d_direct"], "split": ["rows"], "ratio": [0.5]},
                "compare_by": ["kernel", "processor", "parts", "split", "ratio", "unit", "sharing", "sync"]}]})
        result = self.hetscope("run", path, "--out", self.out, "--meter", "none")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        # As another device would have them, on which they were stable.
        there = [dict(record, status="ok", reason="", device={"model": "Board X", "unit": "0000000000000000"})
                 for record in self.records()]
        self.write_records(self.out, there)

    def replay(self, out, *options):
        return self.hetscope("replay", self.out, "--out", out, "--budget", "0.05", *options)

    # Any verdict may come of a loaded machine, but the plan is always among what is measured.
    def test_the_best_division_is_measured_among_alternatives(self):
        there = self.directory / "there"
        result = self.replay(there, "--vary", "ratio=0.25,1", "--vary", "split=output_channels")
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        self.assertRegex(result.stdout.splitlines()[0],
                         {0: "^CARRIES OVER", 1: "^DOES NOT CARRY OVER", 3: "^UNCLEAR"}[result.returncode])
        records = self.records(there)
        self.assertEqual({(record["axes"]["split"], record["axes"]["ratio"]) for record in records},
                         {(split, ratio) for split in ("rows", "output_channels") for ratio in (0.25, 0.5, 1)})
        self.assertEqual(len({record["group"] for record in records}), 1)
        plan = next(record["case"] for record in self.records(self.out) if record["kernel"] == "conv2d_split")
        self.assertIn(plan, [record["case"] for record in records])
        self.assertIn(plan, result.stdout)
        self.assertIn("from Board X", result.stdout)

    def test_processors_of_this_device_take_the_places_of_others(self):
        there = self.directory / "there"
        swapped = ",".join(reversed(self.sets))
        result = self.replay(there, "--on", swapped, "--vary", "ratio=0.5,0.25")
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        self.assertEqual({tuple(record["processors"]) for record in self.records(there)},
                         {tuple(reversed(self.sets))})
        absent = self.directory / "absent"
        self.assert_refused(self.replay(absent, "--on", "cpu"), "--on", "1 processors")
        self.assert_refused(self.replay(absent, "--on", self.sets[0] + ",npu:7"), "npu:7")
        self.assert_refused(self.replay(absent, "--vary", "colour=red,blue"), "colour")
        self.assertFalse(absent.exists())


if __name__ == "__main__":
    main()
