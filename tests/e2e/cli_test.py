"""The program from outside: every wrong input gets one line and exit code 2, and nothing finished is ever lost.

Usage: cli_test.py HETSCOPE HETSCOPE_FAULTY [unittest options]
HETSCOPE_FAULTY is the same program with kernels that crash, hang and answer wrongly (tests/e2e/faulty_main.cpp).
"""

import os
import resource
import signal
import subprocess
import time

from program_case import ProgramCase, main, scenario

CASE = "copy kernel=copy_memcpy processor=cpu dtype=f32 shape=4x4"
SHAPES = [[16 * k, 16] for k in range(1, 21)]
TWENTY_CASES = scenario(budget_s=0.2, experiment={"axes": {"dtype": ["f32"], "shape": SHAPES}})


class CliTest(ProgramCase):
    # -- a run that is well ------------------------------------------------------------------------------------------

    def test_run_report_validate(self):
        result = self.hetscope("run", self.write(scenario()), "--out", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        records = self.records()
        self.assert_timed(records, 2)
        for record in records:
            latency = record["latencies"]["host_monotonic"]
            self.assertEqual(latency["n"], len(latency["totals_ns"]))
            self.assertLessEqual(latency["ci95_ns"][0], latency["median_ns"])
            self.assertLessEqual(latency["median_ns"], latency["ci95_ns"][1])
            # On a machine that is very busy the latency is unstable, and no energy is tried.
            if record["status"] == "ok":
                self.assertIsNone(record["energies"][0]["value_j"])
                self.assertTrue(record["energies"][0]["reason"])
        self.assert_valid()
        for suffix in ("html", "md", "csv"):
            report = self.directory / ("report." + suffix)
            self.assertEqual(self.hetscope("report", self.out, "--out", report).returncode, 0)
            self.assertIn("copy_memcpy", report.read_text())

    def test_energy_is_measured_or_else_modelled(self):
        environment = {key: value for key, value in os.environ.items() if key != "HETSCOPE_ENERGY_MODEL"}
        path = self.write(scenario(budget_s=0.5, experiment={"energy": True}))
        result = self.hetscope("run", path, "--out", self.out, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        for record in self.records():
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
        self.assert_valid()

    def test_an_energy_model_that_is_none_ends_the_run_before_it_begins(self):
        path = self.write(scenario())
        for model in map(str, (path, self.directory / "absent.json")):
            environment = dict(os.environ, HETSCOPE_ENERGY_MODEL=model)
            self.assert_refused(self.hetscope("run", path, "--out", self.directory / "o", env=environment), model)

    def test_a_printed_case_line_runs_again(self):
        listed = self.hetscope("list", self.write(scenario()))
        self.assertEqual(listed.returncode, 0, listed.stderr)
        line = listed.stdout.splitlines()[0]
        result = self.hetscope("run", "--case", line, "--no-roofs", "--out", self.out, "--budget", "20")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([record["case"] for record in self.records()], [line])

    def test_roofs_come_first_and_are_used(self):
        document = scenario(roofs=True, experiment={"axes": {"dtype": ["f32"], "shape": [[512, 512]]}})
        # Rows that a busy machine made unstable have no share of a roof; one try of five must be quiet.
        for attempt in range(5):
            out = self.directory / f"roofs-{attempt}"
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
        result = self.hetscope("run", self.write(document), "--out", self.out, program=self.faulty)
        self.assertEqual(result.returncode, 1)
        rows = {record["axes"].get("load", "").partition("kernel=")[2].split(" ")[0]: record
                for record in self.records()}
        self.assertEqual(len(rows), 5)
        self.assert_timed([rows[""], rows["faulty_none"]], 2)
        self.assertGreater(rows["faulty_none"]["metrics"]["retained"]["value"], 0)
        self.assertGreater(rows["faulty_none"]["metrics"]["load_rate_together"]["value"], 0)
        self.assertNotIn("retained", rows[""]["metrics"])
        for name, words in (("faulty_wrong", "the load computes something wrong"),
                            ("faulty_throw_later", "the load failed: the device is gone"),
                            ("faulty_segv_later", "SIGSEGV")):
            self.assertEqual(rows[name]["status"], "failed")
            self.assertIn(words, rows[name]["reason"])
            self.assertFalse(rows[name]["latencies"])
        self.assert_valid()

    # -- wrong input -------------------------------------------------------------------------------------------------

    def test_missing_files_and_wrong_usage(self):
        self.assert_refused(self.hetscope("list", self.directory / "none.json"), "none.json")
        self.assert_refused(self.hetscope("run", self.write(scenario())), "--out")
        self.assert_refused(self.hetscope("flyy"), "flyy")
        self.assert_refused(self.hetscope("reprot"), "report")
        for number in ("nan", "-1", "inf"):
            self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", "o", "--budget", number),
                                "--budget")
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", "o", "--meter", "nope"), "nope")
        self.assert_refused(self.hetscope("list", "--case", CASE.replace("cpu", "cpux")), "cpux", "cpu")
        self.assert_refused(self.hetscope("list", "--case", CASE + " threads=0"), "threads")
        empty = self.write("", "empty.jsonl")
        self.assert_refused(self.hetscope("validate", empty), "empty.jsonl")
        self.assert_refused(self.hetscope("validate", self.directory))
        self.assert_refused(self.hetscope("report", empty, "--out", self.directory / "report.html"), "empty.jsonl")
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--filter", "("), "--filter")
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--processor", "cpuu"), "cpu")
        self.assert_refused(self.hetscope("list", self.write(scenario()), "--filter", "no such case"))
        self.assert_refused(self.hetscope("list", "--case", "copy kernel="), "column")
        self.assert_refused(self.hetscope("report", self.directory, "--out", "report.html"))
        self.assert_refused(self.hetscope("validate", self.directory / "none.jsonl"), "none.jsonl")

    def test_closed_descriptors_are_not_taken_for_files(self):
        def close():
            os.close(0)
            os.close(1)

        result = self.hetscope("run", self.write(scenario()), "--out", self.out, preexec_fn=close, stdout=None)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_timed(self.records(), 2)
        self.assert_valid()

    def test_resuming_wants_the_same_run(self):
        path = self.write(scenario())
        self.assertEqual(self.hetscope("run", path, "--out", self.out).returncode, 0)
        again = self.hetscope("run", path, "--out", self.out, "--resume")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(len(self.records()), 2)
        other = self.write(scenario(budget_s=0.2), "other.json")
        self.assert_refused(self.hetscope("run", other, "--out", self.out, "--resume"), "set of scenarios")
        self.assert_refused(self.hetscope("run", path, "--out", self.out, "--resume", program=self.faulty), "build")
        self.assert_refused(self.hetscope("run", path, "--case", CASE, "--out", self.out, "--resume"), "--case")

    def test_output_that_cannot_be_written(self):
        blocker = self.write("", "file")
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", blocker / "out"), str(blocker))
        self.assertEqual(self.hetscope("run", self.write(scenario()), "--out", self.out).returncode, 0)
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", self.out), "--resume")
        absent = self.directory / "absent"
        self.assert_refused(self.hetscope("run", self.write(scenario()), "--out", absent, "--resume"), str(absent))
        self.assert_refused(self.hetscope("report", self.out, "--out", "/dev/full/report.html"))
        self.assert_refused(self.hetscope("report", self.out, "--out", self.directory / "report.docx"), ".html")

    def test_a_full_disk_keeps_whole_lines(self):
        def limit():
            # Files end at 12 KiB: the write fails as it does on a full disk, once SIGXFSZ is not deadly.
            resource.setrlimit(resource.RLIMIT_FSIZE, (12288, 12288))

        document = scenario(experiment={"axes": {"dtype": ["f32"], "shape": [[16 * k, 16] for k in range(1, 30)]}})
        result = self.hetscope("run", self.write(document), "--out", self.out, preexec_fn=limit)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("records.jsonl", result.stderr.splitlines()[-1])
        text = (self.out / "records.jsonl").read_text()
        self.assertTrue(text.endswith("\n"))
        finished = self.records()
        self.assertTrue(finished)
        resumed = self.hetscope("run", self.write(document), "--out", self.out, "--resume")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)  # a full disk is no case's fault
        self.assertEqual(len(self.records()), 29)
        self.assertEqual(len({record["case"] for record in self.records()}), 29)

    def test_without_opencl_the_host_still_runs(self):
        environment = dict(os.environ, HETSCOPE_OPENCL_LIBRARY=str(self.directory / "none.so"))
        devices = self.hetscope("devices", env=environment)
        self.assertEqual(devices.returncode, 0, devices.stderr)
        self.assertIn("missing", devices.stdout)
        self.assertIn("none.so", devices.stdout)
        document = scenario(experiment={"kernels": ["*"], "processors": ["*"]})
        result = self.hetscope("run", self.write(document), "--out", self.out, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        told = [line for line in result.stderr.splitlines() if line.startswith("missing here: opencl")]
        self.assertEqual(len(told), 1, result.stderr)

    # -- faults ------------------------------------------------------------------------------------------------------

    def run_until(self, count, path, out, **options):
        """The process of a run that has written `count` records."""
        process = subprocess.Popen([self.program, "run", path, "--out", out], **options)
        records = out / "records.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not records.exists() or records.read_text().count("\n") < count):
            time.sleep(0.01)
        return process

    def test_kill_9_in_mid_run_then_resume(self):
        path = self.write(TWENTY_CASES)
        process = self.run_until(5, path, self.out, stderr=subprocess.DEVNULL)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # A line that was half written when the power went.
        with (self.out / "records.jsonl").open("a") as file:
            file.write('{"schema":"hetscope/record/1","run_uuid":"tor')
        resumed = self.hetscope("run", path, "--out", self.out, "--resume")
        self.assertIn(resumed.returncode, (0, 1), resumed.stderr)
        after = self.records()
        self.assertEqual(len(after), 20)
        self.assertEqual(len({record["case"] for record in after}), 20)
        interrupted = [record for record in after if record["status"] == "failed"]
        self.assertLessEqual(len(interrupted), 1)
        again = self.hetscope("run", path, "--out", self.out, "--resume", "--retry-failed")
        self.assertEqual(again.returncode, 0, again.stderr)
        retried = [record for record in after if record["status"] not in ("ok", "unsupported", "skipped")]
        self.assertEqual(len(self.records()), 20 + len(retried))

    def test_an_interrupted_run_blames_nobody(self):
        path = self.write(TWENTY_CASES)
        for number in (signal.SIGINT, signal.SIGHUP):
            out = self.directory / f"interrupted-{number}"
            process = self.run_until(3, path, out, stderr=subprocess.PIPE, text=True)
            process.send_signal(number)
            self.assertIn("--resume", process.communicate(timeout=60)[1].splitlines()[-1])
            self.assertEqual(process.returncode, 128 + number)
            resumed = self.hetscope("run", path, "--out", out, "--resume")
            self.assertEqual(resumed.returncode, 0, resumed.stderr)
            self.assertEqual(len(self.records(out)), 20)

    def reason_beside_a_sound_kernel(self, kernel, processor, *options):
        """Why this kernel failed in a run in which another one did not."""
        result = self.hetscope("run", "--case", f"faulty kernel={kernel} processor={processor}", "--case",
                               "faulty kernel=faulty_none processor=cpu", "--no-roofs", "--out", self.out, *options,
                               program=self.faulty)
        self.assertEqual(result.returncode, 1, result.stderr)
        by_kernel = {record["kernel"]: record for record in self.records()}
        self.assert_timed([by_kernel["faulty_none"]], 1)
        self.assertEqual(by_kernel[kernel]["status"], "failed")
        return by_kernel[kernel]["reason"]

    def test_an_opencl_source_that_does_not_compile_costs_one_row(self):
        if not self.has_opencl():
            self.skipTest("no OpenCL device here")
        reason = self.reason_beside_a_sound_kernel("faulty_opencl_source", "opencl:0")
        self.assertIn("does not compile", reason)
        self.assertIn("nothing_of_this_name", reason)

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
        reason = self.reason_beside_a_sound_kernel("faulty_hang", "cpu", "--timeout", "15")
        self.assertIn("timed out after 15", reason)

    def test_a_kernel_that_crashes_costs_one_row(self):
        listed = self.hetscope("list", "--case", "faulty kernel=faulty_segv processor=cpu", program=self.faulty)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        result = self.hetscope("run", "--case", "faulty kernel=faulty_segv processor=cpu", self.write(scenario()),
                               "--no-roofs", "--out", self.out, program=self.faulty)
        self.assertEqual(result.returncode, 1, result.stderr)
        by_operation = {}
        for record in self.records():
            by_operation.setdefault(record["operation"], []).append(record)
        self.assert_timed(by_operation["copy"], 2)
        self.assertEqual([record["status"] for record in by_operation["faulty"]], ["failed"])
        self.assertIn("SIGSEGV", by_operation["faulty"][0]["reason"])


if __name__ == "__main__":
    main(has_faulty=True)
