"""The program from outside: every wrong input gets one line and exit code 2, and nothing finished is ever lost.

Usage: cli_test.py HETSCOPE HETSCOPE_FAULTY [unittest options]
HETSCOPE_FAULTY is the same program with kernels that crash, hang and answer wrongly (tests/e2e/faulty_main.cpp).
"""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HETSCOPE = os.environ.get("HETSCOPE", "")
FAULTY = os.environ.get("HETSCOPE_FAULTY", "")
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
    document.update(changes)
    return {key: value for key, value in document.items() if value is not None}


class CliTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hetscope cli "))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def write(self, document, name="scenario.json"):
        path = self.directory / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    def hetscope(self, *arguments, program=None, **options):
        return subprocess.run([program or HETSCOPE, *arguments], capture_output=True, text=True, timeout=120,
                              errors="replace", **options)

    def assert_refused(self, result, *words):
        self.assertEqual(result.returncode, 2, result.stderr)
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def assert_timed(self, records, count):
        """Verified and timed; whether steadily enough is the machine's affair."""
        self.assertEqual(len(records), count)
        for record in records:
            self.assertIn(record["status"], ("ok", "unstable"), record["reason"])
            self.assertTrue(record["latencies"])

    def records(self, out):
        return [json.loads(line) for line in (pathlib.Path(out) / "records.jsonl").read_text().splitlines()]

    # -- a run that is well ------------------------------------------------------------------------------------------

    def test_run_report_validate(self):
        out = str(self.directory / "out dir")
        result = self.hetscope("run", self.write(scenario()), "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        records = self.records(out)
        self.assert_timed(records, 2)
        for record in records:
            latency = record["latencies"]["host_monotonic"]
            self.assertEqual(latency["n"], len(latency["totals_ns"]))
            self.assertLessEqual(latency["ci95_ns"][0], latency["median_ns"])
            self.assertLessEqual(latency["median_ns"], latency["ci95_ns"][1])
            if record["status"] == "ok":  # on a machine that is very busy the latency is unstable, and no energy is tried
                self.assertIsNone(record["energies"][0]["value_j"])
                self.assertTrue(record["energies"][0]["reason"])
        validated = self.hetscope("validate", out + "/records.jsonl")
        self.assertEqual(validated.returncode, 0, validated.stdout)
        for suffix in ("html", "md", "csv"):
            report = str(self.directory / ("report." + suffix))
            self.assertEqual(self.hetscope("report", out, "--out", report).returncode, 0)
            self.assertIn("copy_memcpy", pathlib.Path(report).read_text())

    def test_energy_is_measured_or_else_modelled(self):
        environment = {key: value for key, value in os.environ.items() if key != "HETSCOPE_ENERGY_MODEL"}
        out = str(self.directory / "energy")
        path = self.write(scenario(budget_s=0.5, experiment={"energy": True}))
        result = self.hetscope("run", path, "--out", out, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        for record in self.records(out):
            if record["status"] != "ok":
                continue
            energies = record["energies"]
            for energy in energies:
                self.assertTrue(energy["value_j"] is not None or energy["reason"], energy)
            if "no meter" not in energies[0]["reason"]:
                continue
            modelled = [energy for energy in energies if energy["kind"] == "modelled"]
            self.assertTrue(modelled, energies)
            self.assertEqual(len(modelled[0]["model"]["sha256"]), 64)
            self.assertEqual(record["edp_kind"], "modelled")
        self.assertEqual(self.hetscope("validate", out + "/records.jsonl").returncode, 0)

    def test_an_energy_model_that_is_none_ends_the_run_before_it_begins(self):
        path = self.write(scenario())
        for model in (path, str(self.directory / "absent.json")):
            environment = dict(os.environ, HETSCOPE_ENERGY_MODEL=model)
            self.assert_refused(self.hetscope("run", path, "--out", str(self.directory / "o"), env=environment), model)

    def test_a_printed_case_line_runs_again(self):
        listed = self.hetscope("list", self.write(scenario()))
        self.assertEqual(listed.returncode, 0, listed.stderr)
        line = listed.stdout.splitlines()[0]
        out = str(self.directory / "again")
        result = self.hetscope("run", "--case", line, "--no-roofs", "--out", out, "--budget", "20")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([record["case"] for record in self.records(out)], [line])

    def test_roofs_come_first_and_are_used(self):
        document = scenario(roofs=True, experiment={"axes": {"dtype": ["f32"], "shape": [[512, 512]]}})
        # Rows that a busy machine made unstable have no share of a roof; one try of five must be quiet.
        for attempt in range(5):
            out = str(self.directory / f"roofs-{attempt}")
            self.assertEqual(self.hetscope("run", self.write(document), "--out", out).returncode, 0)
            records = self.records(out)
            if "of_bandwidth_roof" in records[-1]["metrics"]:
                break
        self.assertEqual(records[-1]["operation"], "copy")
        self.assertIn("copy_bandwidth", {record["operation"] for record in records[:-1]})
        self.assertIn("copy_bandwidth@cpu", records[-1]["metrics"]["of_bandwidth_roof"]["roof"])

    def test_a_load_beside_a_case_costs_at_most_its_own_row(self):
        loads = {name: f"faulty kernel={name} processor=cpu size=1024"
                 for name in ("faulty_none", "faulty_wrong", "faulty_throw_later", "faulty_segv_later")}
        document = scenario(budget_s=0.5, experiment={
            "processors": ["cpu@0"], "compare_by": ["load"],
            "axes": {"shape": [[64, 64]], "load": ["none", *loads.values()]}})
        out = str(self.directory / "loads")
        self.assertEqual(self.hetscope("run", self.write(document), "--out", out, program=FAULTY).returncode, 1)
        rows = {record["axes"].get("load", "").partition("kernel=")[2].split(" ")[0]: record for record in self.records(out)}
        self.assertEqual(len(rows), 5)
        self.assert_timed([rows[""], rows["faulty_none"]], 2)
        self.assertGreater(rows["faulty_none"]["metrics"]["retained"]["value"], 0)
        self.assertGreater(rows["faulty_none"]["metrics"]["load_rate_together"]["value"], 0)
        self.assertNotIn("retained", rows[""]["metrics"])
        for name, words in (("faulty_wrong", "the load computes something wrong"),
                            ("faulty_throw_later", "the load failed: the device is gone"), ("faulty_segv_later", "SIGSEGV")):
            self.assertEqual(rows[name]["status"], "failed")
            self.assertIn(words, rows[name]["reason"])
            self.assertFalse(rows[name]["latencies"])
        self.assertEqual(self.hetscope("validate", out + "/records.jsonl").returncode, 0)

    def test_every_shipped_scenario_lists(self):
        paths = sorted(str(path) for folder in ("smoke", "curated") for path in (ROOT / "scenarios" / folder).rglob("*.json"))
        self.assertTrue(paths)
        result = self.hetscope("list", "--estimate", *paths)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_estimate_tells_of_groups_without_their_baseline(self):
        lacking = scenario(experiment={"kernels": ["copy_memcpy", "copy_buffer"], "compare_by": ["kernel"],
                                       "baseline": {"kernel": "copy_buffer"}})
        self.assertIn("; without a member that is the baseline: 2 groups", self.estimate_of(self.write(lacking))[3])

    def test_every_group_of_the_studies_of_splits_and_sparsity_has_its_baseline(self):
        devices = json.loads(self.hetscope("devices", "--json").stdout)["processors"]
        if not any(processor["name"] == "opencl:0" for processor in devices):
            self.skipTest("no OpenCL device")
        for folder in ("split", "tasd"):
            paths = sorted((ROOT / "scenarios/curated" / folder).glob("*.json"))
            self.assertNotIn("that is the baseline", self.estimate_of(*map(str, paths))[3])

    def estimate_of(self, *paths):
        """Cases, groups and minutes that `list --estimate` prints."""
        result = self.hetscope("list", "--estimate", *paths)
        self.assertEqual(result.returncode, 0, result.stderr)
        found = re.match(r"(\d+) cases in (\d+) groups, at most ([\d.]+) minutes", result.stdout)
        self.assertIsNotNone(found, result.stdout)
        return int(found[1]), int(found[2]), float(found[3]), result.stdout

    def test_the_estimate_counts_cases_and_their_budgets(self):
        two_minutes = self.write(scenario(budget_s=120), "two.json")
        five_minutes = self.write(scenario(budget_s=300, experiment={"compare_by": ["shape"]}), "five.json")
        cases, groups, minutes, text = self.estimate_of(two_minutes)
        self.assertEqual((cases, groups), (2, 2))
        # Twice the budget, and a little for preparing and verifying, which no case does in a minute.
        self.assertGreaterEqual(minutes, 4)
        self.assertLess(minutes, 5)
        self.assertNotIn("energy", text)
        cases, groups, more_minutes, _ = self.estimate_of(five_minutes)
        self.assertEqual((cases, groups), (2, 1))
        self.assertAlmostEqual(more_minutes - minutes, 6, delta=0.11)  # each is rounded to a tenth
        self.assertAlmostEqual(self.estimate_of(two_minutes, five_minutes)[2], minutes + more_minutes, delta=0.16)
        *_, with_energy, text = self.estimate_of(self.write(scenario(budget_s=120, experiment={"energy": True})))
        self.assertIn("2 cases with energy", text)
        self.assertGreater(with_energy, minutes)

    # -- wrong input -------------------------------------------------------------------------------------------------

    def test_wrong_scenarios(self):
        wrong = {
            "budgt_s": scenario(budgt_s=1),
            "budget_s": scenario(budget_s="much"),
            "experiments": scenario(experiments=[]),
            "copi": scenario(experiment={"operation": "copi"}),
            "copy_memcopy": scenario(experiment={"kernels": ["copy_memcopy"]}),
            "gpu9": scenario(experiment={"processors": ["gpu9"]}),
            "dtype": scenario(experiment={"axes": {"dtype": [], "shape": [[4]]}}),
            "f33": scenario(experiment={"axes": {"dtype": ["f33"], "shape": [[4]]}}),
            "colour": scenario(experiment={"axes": {"dtype": ["f32"], "shape": [[4]], "colour": ["red"]}}),
            "shape": scenario(experiment={"axes": {"dtype": ["f32"], "shape": [[4, 0]]}}),
            "nowhere.json": scenario(experiment={"axes": {"dtype": ["f32"], "shape": {"file": "nowhere.json"}}}),
            "copy_memcopi": scenario(experiment={"axes": {"shape": [[4]], "load": [
                "copy kernel=copy_memcopi processor=cpu@0 shape=[4]"]}}),
            "the case's own processor": scenario(experiment={"axes": {"shape": [[4]], "load": [
                "copy kernel=copy_memcpy processor=cpu shape=[4]"]}}),
            "npu:0": scenario(experiment={"axes": {"shape": [[4]], "load": [
                "copy kernel=copy_memcpy processor=npu:0 shape=[4]"]}}),
            "quotation": scenario(experiment={"axes": {"shape": [[4]], "load": ["copy kernel=\"copy"]}}),
            "column": '{"schema": "hetscope/scenario/1",',
        }
        for word, document in wrong.items():
            with self.subTest(word):
                self.assert_refused(self.hetscope("list", self.write(document)), word)

    def test_a_shape_that_overflows_memory(self):
        axes = {"dtype": ["f32"], "shape": [[1 << 40, 1 << 40]]}
        self.assert_refused(self.hetscope("list", self.write(scenario(experiment={"axes": axes}))), "shape")

    def test_deeply_nested_and_binary_scenarios(self):
        self.assert_refused(self.hetscope("list", self.write("[" * 100000)))
        path = self.directory / "binary.json"
        path.write_bytes(bytes(range(256)) * 10)
        self.assert_refused(self.hetscope("list", str(path)))

    def test_missing_files_and_wrong_usage(self):
        self.assert_refused(self.hetscope("list", str(self.directory / "none.json")), "none.json")
        self.assert_refused(self.hetscope("run", self.write(scenario())), "--out")
        self.assert_refused(self.hetscope("flyy"), "flyy")
        self.assert_refused(self.hetscope("reprot"), "report")
        for number in ("nan", "-1", "inf"):
            self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", "o", "--budget", number), "--budget")
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", "o", "--meter", "nope"), "nope")
        self.assert_refused(self.hetscope("list", "--case", "copy kernel=copy_memcpy processor=cpux dtype=f32 shape=4x4"),
                            "cpux", "cpu")
        self.assert_refused(self.hetscope("list", "--case", "copy kernel=copy_memcpy processor=cpu dtype=f32 shape=4x4 threads=0"),
                            "threads")
        empty = self.directory / "empty.jsonl"
        empty.write_text("")
        self.assert_refused(self.hetscope("validate", str(empty)), "empty.jsonl")
        self.assert_refused(self.hetscope("validate", str(self.directory)))
        self.assert_refused(self.hetscope("report", str(empty), "--out", str(self.directory / "report.html")), "empty.jsonl")
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--filter", "("), "--filter")
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--processor", "cpuu"), "cpu")
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--filter", "no such case"))
        self.assert_refused(self.hetscope("list", "--case", "copy kernel="), "column")
        self.assert_refused(self.hetscope("report", str(self.directory), "--out", "report.html"))
        self.assert_refused(self.hetscope("validate", str(self.directory / "none.jsonl")), "none.jsonl")

    def test_a_filter_takes_linear_time(self):
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--filter", "(.*)*(.*)*(.*)*Z"), "no case")

    def test_results_that_nobody_can_read_are_an_error(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([HETSCOPE, "list", self.write(scenario())], stdout=full, stderr=subprocess.PIPE,
                                    text=True, timeout=120)
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard output", result.stderr)

    def test_closed_descriptors_are_not_taken_for_files(self):
        out = self.directory / "closed"

        def close():
            os.close(0)
            os.close(1)

        result = subprocess.run([HETSCOPE, "run", self.write(scenario()), "--out", str(out)], preexec_fn=close,
                                stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_timed(self.records(out), 2)
        self.assertEqual(self.hetscope("validate", str(out / "records.jsonl")).returncode, 0)

    def test_resuming_wants_the_same_run(self):
        out = str(self.directory / "out")
        path = self.write(scenario())
        self.assertEqual(self.hetscope("run", path, "--out", out).returncode, 0)
        again = self.hetscope("run", path, "--out", out, "--resume")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(len(self.records(out)), 2)
        other = self.write(scenario(budget_s=0.2), "other.json")
        self.assert_refused(self.hetscope("run", other, "--out", out, "--resume"), "set of scenarios")
        self.assert_refused(self.hetscope("run", path, "--out", out, "--resume", program=FAULTY), "build")
        self.assert_refused(self.hetscope("run", path, "--case", "copy kernel=copy_memcpy processor=cpu dtype=f32 shape=4x4",
                                          "--out", out, "--resume"), "--case")

    def test_output_that_cannot_be_written(self):
        blocker = self.directory / "file"
        blocker.write_text("")
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", str(blocker / "out")), str(blocker))
        out = str(self.directory / "out")
        self.assertEqual(self.hetscope("run", self.write(scenario()), "--out", out).returncode, 0)
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", out), "--resume")
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", out + "2", "--resume"), out + "2")
        self.assert_refused(self.hetscope("report", out, "--out", "/dev/full/report.html"))
        self.assert_refused(self.hetscope("report", out, "--out", str(self.directory / "report.docx")), ".html")

    def test_a_full_disk_keeps_whole_lines(self):
        out = self.directory / "full"

        def limit():
            # Files end at 12 KiB: the write fails as it does on a full disk, once SIGXFSZ is not deadly.
            resource.setrlimit(resource.RLIMIT_FSIZE, (12288, 12288))

        document = scenario(experiment={"axes": {"dtype": ["f32"], "shape": [[16 * k, 16] for k in range(1, 30)]}})
        result = self.hetscope("run", self.write(document), "--out", str(out), preexec_fn=limit)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("records.jsonl", result.stderr.splitlines()[-1])
        text = (out / "records.jsonl").read_text()
        self.assertTrue(text.endswith("\n"))
        finished = self.records(out)
        self.assertTrue(finished)
        resumed = self.hetscope("run", self.write(document), "--out", str(out), "--resume")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)  # a full disk is no case's fault
        self.assertEqual(len(self.records(out)), 29)
        self.assertEqual(len({record["case"] for record in self.records(out)}), 29)

    def test_without_opencl_the_host_still_runs(self):
        environment = dict(os.environ, HETSCOPE_OPENCL_LIBRARY=str(self.directory / "none.so"))
        devices = self.hetscope("devices", env=environment)
        self.assertEqual(devices.returncode, 0, devices.stderr)
        self.assertIn("missing", devices.stdout)
        self.assertIn("none.so", devices.stdout)
        out = str(self.directory / "out")
        document = scenario(experiment={"kernels": ["*"], "processors": ["*"]})
        result = self.hetscope("run", self.write(document), "--out", out, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        told = [line for line in result.stderr.splitlines() if line.startswith("missing here: opencl")]
        self.assertEqual(len(told), 1, result.stderr)

    def test_no_gpu_named_is_refused_with_the_names_that_exist(self):
        document = scenario(experiment={"processors": ["opencl:77"]})
        self.assert_refused(self.hetscope("list", self.write(document)), "opencl:77", "cpu")

    # -- faults ------------------------------------------------------------------------------------------------------

    def test_kill_9_in_mid_run_then_resume(self):
        shapes = [[16 * k, 16] for k in range(1, 21)]
        path = self.write(scenario(budget_s=0.2, experiment={"axes": {"dtype": ["f32"], "shape": shapes}}))
        out = self.directory / "killed"
        process = subprocess.Popen([HETSCOPE, "run", path, "--out", str(out)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        records = out / "records.jsonl"
        while time.monotonic() < deadline and (not records.exists() or records.read_text().count("\n") < 5):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # A line that was half written when the power went.
        with records.open("a") as file:
            file.write('{"schema":"hetscope/record/1","run_uuid":"tor')
        resumed = self.hetscope("run", path, "--out", str(out), "--resume")
        self.assertIn(resumed.returncode, (0, 1), resumed.stderr)
        after = self.records(out)
        self.assertEqual(len(after), 20)
        self.assertEqual(len({record["case"] for record in after}), 20)
        interrupted = [record for record in after if record["status"] == "failed"]
        self.assertLessEqual(len(interrupted), 1)
        again = self.hetscope("run", path, "--out", str(out), "--resume", "--retry-failed")
        self.assertEqual(again.returncode, 0, again.stderr)
        retried = [record for record in after if record["status"] not in ("ok", "unsupported", "skipped")]
        self.assertEqual(len(self.records(out)), 20 + len(retried))

    def test_an_interrupted_run_blames_nobody(self):
        shapes = [[16 * k, 16] for k in range(1, 21)]
        path = self.write(scenario(budget_s=0.2, experiment={"axes": {"dtype": ["f32"], "shape": shapes}}))
        for number in (signal.SIGINT, signal.SIGHUP):
            out = self.directory / f"interrupted-{number}"
            process = subprocess.Popen([HETSCOPE, "run", path, "--out", str(out)], stderr=subprocess.PIPE, text=True)
            deadline = time.monotonic() + 60
            records = out / "records.jsonl"
            while time.monotonic() < deadline and (not records.exists() or records.read_text().count("\n") < 3):
                time.sleep(0.01)
            process.send_signal(number)
            self.assertIn("--resume", process.communicate(timeout=60)[1].splitlines()[-1])
            self.assertEqual(process.returncode, 128 + number)
            resumed = self.hetscope("run", path, "--out", str(out), "--resume")
            self.assertEqual(resumed.returncode, 0, resumed.stderr)
            self.assertEqual(len(self.records(out)), 20)

    def test_an_opencl_source_that_does_not_compile_costs_one_row(self):
        devices = json.loads(self.hetscope("devices", "--json").stdout)
        if not any(processor["name"] == "opencl:0" for processor in devices["processors"]):
            self.skipTest("no OpenCL device here")
        out = str(self.directory / "source")
        result = self.hetscope("run", "--case", "faulty kernel=faulty_opencl_source processor=opencl:0", "--case",
                               "faulty kernel=faulty_none processor=cpu", "--no-roofs", "--out", out, program=FAULTY)
        self.assertEqual(result.returncode, 1, result.stderr)
        by_kernel = {record["kernel"]: record for record in self.records(out)}
        self.assert_timed([by_kernel["faulty_none"]], 1)
        self.assertEqual(by_kernel["faulty_opencl_source"]["status"], "failed")
        self.assertIn("does not compile", by_kernel["faulty_opencl_source"]["reason"])
        self.assertIn("nothing_of_this_name", by_kernel["faulty_opencl_source"]["reason"])

    def test_a_missing_npu_library_is_a_line(self):
        for path, words in (("/no/such/libonnxruntime.so", "/no/such/libonnxruntime.so"),
                            ("libm.so.6", "has no function OrtGetApiBase")):
            environment = dict(os.environ, HETSCOPE_ONNXRUNTIME=path)
            result = self.hetscope("devices", env=environment)
            self.assertEqual(result.returncode, 0, result.stderr)
            line = [line for line in result.stdout.splitlines() if "npu: no ONNX Runtime" in line]
            self.assertEqual(len(line), 1, result.stdout)
            self.assertIn(words, line[0])
            self.assertIn("processor   cpu", result.stdout)

    def test_a_kernel_that_hangs_costs_one_row(self):
        out = str(self.directory / "hanging")
        result = self.hetscope("run", "--case", "faulty kernel=faulty_hang processor=cpu", "--case",
                               "faulty kernel=faulty_none processor=cpu", "--no-roofs", "--timeout", "15", "--out", out,
                               program=FAULTY)
        self.assertEqual(result.returncode, 1, result.stderr)
        by_kernel = {record["kernel"]: record for record in self.records(out)}
        self.assert_timed([by_kernel["faulty_none"]], 1)
        self.assertEqual(by_kernel["faulty_hang"]["status"], "failed")
        self.assertIn("timed out after 15", by_kernel["faulty_hang"]["reason"])

    def test_a_kernel_that_crashes_costs_one_row(self):
        self.assertTrue(FAULTY, "the faulty program was not given")
        listed = self.hetscope("list", "--case", "faulty kernel=faulty_segv processor=cpu", program=FAULTY)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        out = str(self.directory / "faulty")
        result = self.hetscope("run", "--case", "faulty kernel=faulty_segv processor=cpu", self.write(scenario()),
                               "--no-roofs", "--out", out, program=FAULTY)
        self.assertEqual(result.returncode, 1, result.stderr)
        by_operation = {}
        for record in self.records(out):
            by_operation.setdefault(record["operation"], []).append(record)
        self.assert_timed(by_operation["copy"], 2)
        self.assertEqual([record["status"] for record in by_operation["faulty"]], ["failed"])
        self.assertIn("SIGSEGV", by_operation["faulty"][0]["reason"])


if __name__ == "__main__":
    if len(sys.argv) >= 3 and not sys.argv[1].startswith("-"):
        HETSCOPE, FAULTY = sys.argv[1], sys.argv[2]
        del sys.argv[1:3]
    unittest.main(verbosity=2)
