"""Native tools as members of a group: stubs that print what the tools print, well and badly, beside a baseline that
speaks the protocol.

Usage: tool_test.py HETSCOPE [unittest options]
"""

import hashlib
import json
import os
import shutil
import subprocess

from program_case import ROOT, ProgramCase, main

SAMPLES = ROOT / "tests" / "golden" / "importers"
THREADS = 1

# What each tool is called with, and how its stub fits the recorded lines to that: figures stay as they were printed.
TOOLS = {
    "benchncnn": {
        "program": ["{iterations}", "{threads}", "0", "-1", "0", "param={model}", "shape={shape}"],
        "sample": "benchncnn/documented.txt", "iterations": 1, "mean_ns": 11740000,
        "stub": 'sed "s/loop_count = 64/loop_count = $1/;s/num_threads = 1/num_threads = $2/" SAMPLE >&2'},
    "mnn_benchmark": {
        "program": ["{model}", "{iterations}", "2", "0", "{threads}", "{precision}"],
        "sample": "mnn_benchmark/unnamed_back_end.txt", "iterations": 10, "mean_ns": 850000, "row": "resnet-v2-50",
        "stub": 'sed "s/loop = 10/loop = $2/;s/thread=4/thread=$5/" SAMPLE'},
    "mnn_basic": {
        "program": ["{model}", "folder", "0", "0", "{iterations}", "{threads}", "{precision}"],
        "sample": "mnn_basic/session_cpu_old.txt", "iterations": 10, "mean_ns": 2000000, "stub": "cat SAMPLE"},
    "tflite_benchmark_model": {
        "program": ["--graph={model}", "--num_threads={threads}", "--num_runs={iterations}"],
        "sample": "tflite_benchmark_model/new.txt", "iterations": 10, "mean_ns": 1039660,
        "stub": 'sed "s/count=1000/count=${3#*=}/;s/threads: \\[4\\]/threads: [${2#*=}]/" SAMPLE'},
    "onnxruntime_perf_test": {
        "program": ["-e", "cpu", "-m", "times", "-r", "{iterations}", "-x", "{threads}", "-I", "{model}"],
        "sample": "onnxruntime_perf_test/older.txt", "iterations": 10, "mean_ns": 1857390,
        "stub": 'sed "s/requests: 1000/requests: $6/" SAMPLE'},
}


class ToolTest(ProgramCase):
    limit_s = 200

    def setUp(self):
        super().setUp()
        models = self.directory / "models"
        models.mkdir()
        (models / "double.onnx").write_text("not read by the stubs")
        (models / "double.json").write_text(json.dumps({
            "schema": "hetscope/model/1", "name": "double", "origin": "trained", "file": "double.onnx",
            "source": "a test", "licence": "none", "inputs": [{"name": "x", "dtype": "f32", "shape": [1, 64]}],
            "outputs": [{"name": "y", "dtype": "f32", "shape": [1, 64]}]}))
        (self.directory / "double.param").write_text("a conversion")
        self.list = self.directory / "tools.json"
        self.environment = {**os.environ, "HETSCOPE_MODELS": str(models), "HETSCOPE_BASELINES": str(self.list),
                            "HETSCOPE_CONVERSIONS": str(self.directory / "conversions"),
                            "SECRET_OF_THE_USER": "not for tools", "LC_ALL": "C.UTF-8"}

    def hetscope(self, *arguments):
        return super().hetscope(*arguments, env=self.environment)

    def write_list(self, *entries, **more):
        self.write({"schema": "hetscope/baselines/1", "baselines": entries, **more}, self.list.name)

    def tool(self, name, program, importer, **more):
        return {"kind": "tool", "name": name, "title": f"Tool {name}", "program": [str(word) for word in program],
                "importer": importer, "precisions": {"f32": "1"},
                "models": {"double": {"file": "double.param", "shape": "[227,227,3]"}},
                "times": "its own loop", "licence": "MIT", "publish": "yes", "run_timeout_s": 20, **more}

    def replayed(self, name):
        """The tool called as it wants to be, its stub taking a little longer than it says."""
        tool = TOOLS[name]
        commands = tool["stub"].replace("SAMPLE", str(SAMPLES / tool["sample"]))
        program = self.script(name, f"sleep 0.03\n{commands}")
        more = {"row": tool["row"]} if "row" in tool else {}
        return self.tool(name, [program, *tool["program"]], name, iterations=tool["iterations"],
                         sha256=hashlib.sha256(program.read_bytes()).hexdigest(), **more)

    def protocol(self, how="good"):
        return {"name": how, "title": f"Protocol {how}", "precisions": ["f32"], "times": "its call", "licence": "MIT",
                "program": ["python3", str(ROOT / "tests/contract/stub_baseline.py"), how], "publish": "yes"}

    def run_group(self, entries, reference="good", budget_s=2.0, energy=False, baseline="good"):
        self.write_list(*entries, **({"reference": reference} if reference else {}))
        names = [entry["name"] for entry in entries]
        scenario = self.write({
            "schema": "hetscope/scenario/1", "name": "tools", "budget_s": budget_s, "roofs": False,
            "experiments": [{"operation": "model_inference", "kernels": names, "processors": ["cpu"], "energy": energy,
                             "axes": {"model": ["double"], "precision": ["f32"], "threads": [THREADS]},
                             "compare_by": ["kernel"], "baseline": {"kernel": baseline}}]})
        out = self.directory / f"out{len(list(self.directory.glob('out*')))}"
        done = self.hetscope("run", scenario, "--out", out, "--meter", "none")
        self.assertTrue((out / "records.jsonl").exists(), done.stderr)
        return {record["kernel"]: record for record in self.records(out)}, out


class GroupTest(ToolTest):
    def test_tools_are_measured_beside_a_baseline(self):
        records, out = self.run_group([self.protocol(), *map(self.replayed, TOOLS)], energy=True)
        self.assertEqual(set(records), {"good", *TOOLS})
        self.assertEqual(set(records["good"]["latencies"]),
                         {"host_monotonic", "host_minus_empty_launch", "framework_call"})
        for name, tool in TOOLS.items():
            with self.subTest(tool=name):
                record = records[name]
                self.assertIn(record["status"], ("ok", "unstable"), record["reason"])
                # What the tool printed, to the nanosecond; no clock of ours around the process.
                self.assertEqual(list(record["latencies"]), ["framework_call"])
                self.assertEqual(record["clock"], "framework_call")
                latency = record["latencies"]["framework_call"]
                self.assertEqual(latency["median_ns"], tool["mean_ns"])
                self.assertGreater(latency["n"], 0)
                self.assertEqual(set(latency["iterations"]), {1})
                # Nothing is claimed of its results, nor of energy.
                self.assertIsNone(record["verify"])
                self.assertIn("prints times only", record["notes"]["not_verified"])
                if record["status"] == "ok":
                    self.assertIn("start of the program", record["energies"][0]["reason"])
                program = self.directory / name
                self.assertEqual(record["notes"]["program_sha256"], hashlib.sha256(program.read_bytes()).hexdigest())
                self.assertEqual(record["notes"]["model_sha256"], hashlib.sha256(b"a conversion").hexdigest())
                self.assertIn(str(self.directory / "double.param"), record["notes"]["command"])
                self.assertEqual("shape=[227,227,3]" in record["notes"]["command"], name == "benchncnn")
                self.assertIn(f"{name}/", record["notes"]["importer"])
                self.assertIn("intervals are over launches", record["notes"]["sample"])
                self.assertGreaterEqual(record["metrics"]["wall"]["value"], 0.03)
                if name == "mnn_basic":  # which does not say how many inferences its mean is of
                    self.assertNotIn("cold_start", record["metrics"])
                else:
                    inferences_s = tool["mean_ns"] * tool["iterations"] * 1e-9
                    self.assertAlmostEqual(record["metrics"]["cold_start"]["value"] + inferences_s,
                                           record["metrics"]["wall"]["value"], delta=0.005)
        # In the same rounds, so that they are compared, and on the one clock that both have.
        self.assertTrue(set(records["good"]["latencies"]["framework_call"]["rounds"]) &
                        set(records["benchncnn"]["latencies"]["framework_call"]["rounds"]))
        self.assert_valid(out)
        report = self.directory / "report.md"
        self.assertEqual(self.hetscope("report", out, "--out", report).returncode, 0)
        lines = [line for line in report.read_text().splitlines()
                 if line.startswith("| double | f32, 1 | Tool benchncnn")]
        self.assertEqual(len(lines), 1)
        self.assertIn("| framework_call |", lines[0])
        self.assertIn("not verified", lines[0])

    def test_tools_need_no_reference(self):
        """On a device without Python nothing can be verified, and tools can still be compared with each other."""
        missing = {**self.protocol("missing"), "program": ["/no/such/python"]}
        records, out = self.run_group([missing, self.replayed("benchncnn"), self.replayed("mnn_benchmark")],
                                      reference="missing", baseline="benchncnn")
        self.assertEqual(records["missing"]["status"], "skipped")
        self.assertIn(records["benchncnn"]["status"], ("ok", "unstable"), records["benchncnn"]["reason"])
        report = self.directory / "report.md"
        self.assertEqual(self.hetscope("report", out, "--out", report).returncode, 0)
        self.assertIn("framework_call", report.read_text())

    def test_a_list_without_a_reference_is_added_to_ours(self):
        self.write_list(self.replayed("benchncnn"))
        names = [entry["name"] for entry in json.loads(self.hetscope("models", "--json").stdout)["baselines"]]
        self.assertEqual(names[0], "onnxruntime")
        self.assertEqual(names[-1], "benchncnn")
        twice = {**self.replayed("benchncnn"), "name": "onnxruntime"}
        self.write_list(twice)
        self.assert_refused(self.hetscope("models"), "a baseline called 'onnxruntime' already")

    def test_what_a_tool_finds(self):
        """No shell, words as they are, an environment and a directory of its own, as many CPUs as threads."""
        hacked = self.directory / "hacked"
        # A name cannot hold a '/': whoever reads it as a command writes where $HACKED says, which the tool inherits.
        hostile = "a $(touch $HACKED);`touch $HACKED` 'b\".param"
        (self.directory / hostile).write_text("x")
        found = self.directory / "found"
        documented = SAMPLES / "benchncnn" / "documented.txt"
        program = self.script(
            "curious", f'sleep 0.02; {{ env; pwd; echo "word=$6"; echo "nproc=$(nproc)"; }} > "{found}"\n'
            f"touch left_behind\nsed 's/loop_count = 64/loop_count = 1/' {documented} >&2")
        entry = self.tool("curious", [program, *TOOLS["benchncnn"]["program"]], "benchncnn", iterations=1,
                          models={"double": {"file": hostile, "shape": "[1]"}},
                          variables={"THREADS_OF_TOOL": "{threads}", "HOUSE": "{here}/lib", "HACKED": str(hacked)})
        records, _ = self.run_group([entry], reference=None, baseline="curious", budget_s=0.3)
        self.assertNotEqual(records["curious"]["status"], "failed", records["curious"]["reason"])
        lines = found.read_text().splitlines()
        self.assertIn(f"word=param={self.directory / hostile}", lines)
        self.assertIn("nproc=1", lines)
        self.assertIn("LC_ALL=C", lines)
        self.assertIn("THREADS_OF_TOOL=1", lines)
        self.assertIn(f"HOUSE={self.directory}/lib", lines)
        self.assertFalse([line for line in lines if "SECRET_OF_THE_USER" in line])
        self.assertFalse(hacked.exists())
        workplace = [line for line in lines if "/hetscope-baseline-" in line and "=" not in line]
        self.assertTrue(workplace and not os.path.exists(workplace[0]))


class FaultTest(ToolTest):
    def test_each_fault_is_a_row_and_the_rest_goes_on(self):
        sample = SAMPLES / "benchncnn/documented.txt"
        good = f'sed "s/loop_count = 64/loop_count = 1/" {sample} >&2'
        later = 'n=$(cat "$0.count" 2>/dev/null || echo 0); echo $((n + 1)) > "$0.count"; [ "$n" -lt 3 ] || '
        wait = "sleep 0.02; "
        stubs = {
            "crash": ("kill -SEGV $$", "failed", "was killed by SIGSEGV"),
            "exit": ("echo no layer Frobnicate >&2; exit 3", "failed", "exited with code 3; its last words: no layer"),
            "talks_on_out": ("echo no such option; exit 1", "failed",
                             "exited with code 1; its last words: no such option"),
            "hang": ("sleep 1000", "failed", "timed out after"),
            "silent": ("true", "failed", "benchncnn"),
            "garbage": ("head -c 100000 /dev/urandom", "failed", "Tool garbage:"),
            "flood": ("yes avg", "failed", "printed more than"),
            "nan": (f"{good.replace('1/', '1/;s/11.74/nan/', 1)}", "failed", "Tool nan:"),
            "negative": (f"{good.replace('1/', '1/;s/11.74/-11.74/', 1)}", "failed", "Tool negative:"),
            "zero": (f"{good.replace('1/', '1/;s/1[0-9]*[.][0-9]*/0.00/g', 1)}", "failed", "shorter than it can tell"),
            "comma": (f"{good.replace('1/', '1/;s/11.74/11,74/', 1)}", "failed", "decimal comma"),
            "header": (f"grep = {sample} | grep -v avg >&2", "failed", "printed no result"),
            "two": (f"{wait}{good}; {good}", "failed", "printed 2 times"),
            "boaster": (f"cat {sample} >&2", "failed", "says that 64 of"),
            "late": (f"{wait}{good}; {later} exit 7", "failed", "exited with code 7"),
            "vulkan": (f"{wait}{good.replace('1/', '1/;s/device = -1/device = 0/', 1)}",
                       "mistrusted", "ran on vulkan:0"),
            "threads": (f"{wait}{good.replace('1/', '1/;s/threads = 1/threads = 8/', 1)}",
                        "mistrusted", "threads=8, not 1"),
        }
        words = TOOLS["benchncnn"]["program"]
        entries = [self.protocol(), self.replayed("benchncnn")]
        for name, (commands, _, _) in stubs.items():
            entries.append(self.tool(name, [self.script(name, commands), *words], "benchncnn",
                                     run_timeout_s=0.5 if name == "hang" else 20))
        wanted = {name: (status, reason) for name, (_, status, reason) in stubs.items()}
        entries.append(self.tool("gone", ["./no_such_tool", *words], "benchncnn"))
        wanted["gone"] = ("skipped", "there is no program")
        entries.append(self.tool("not_on_path", ["no_such_tool_anywhere", *words], "benchncnn"))
        wanted["not_on_path"] = ("skipped", "in the directories of $PATH")
        entries.append({**self.replayed("mnn_basic"), "name": "other_file", "sha256": 64 * "0"})
        wanted["other_file"] = ("failed", "is another file than the list says (SHA-256")
        # A file without a first line that says who runs it is no program, and is not handed to a shell.
        text = self.script("text", f"touch {self.directory / 'hacked'}", shebang="")
        entries.append(self.tool("text", [text, *words], "benchncnn"))
        wanted["text"] = ("failed", "cannot be started")
        entries.append(self.tool("other_model", [self.directory / "benchncnn", *words], "benchncnn",
                                 models={"b": {"file": "b", "shape": "1"}}))
        wanted["other_model"] = ("skipped", "names no file for double")
        entries.append(self.tool("no_model", [self.directory / "benchncnn", *words], "benchncnn",
                                 models={"double": {"file": "no", "shape": "1"}}))
        wanted["no_model"] = ("skipped", "there is no ")

        records, out = self.run_group(entries, budget_s=1.5)
        for name, (status, reason) in wanted.items():
            with self.subTest(tool=name):
                self.assertEqual(records[name]["status"], status, records[name]["reason"])
                self.assertIn(reason, records[name]["reason"])
                self.assertEqual(len(records[name]["reason"].splitlines()), 1)
                if status != "mistrusted":
                    self.assertEqual(records[name]["latencies"], {})
        for name in ("good", "benchncnn"):
            self.assertIn(records[name]["status"], ("ok", "unstable"), records[name]["reason"])
        self.assertFalse((self.directory / "hacked").exists())
        self.assert_valid(out)

    def test_lists_that_are_refused(self):
        wrong = {
            "importer": ("benchnccn", "benchncnn"),
            "program": (["benchncnn", "{model}"], "not told its threads"),
            "sha256": ("abc", "no SHA-256"),
            "iterations": (1.5, "no whole number"),
            "kind": ("thing", "no such kind"),
            "precisions": ({}, "'precisions' is missing"),
            "environment": ("x", "unknown key"),
        }
        for key, (value, words) in wrong.items():
            with self.subTest(key=key):
                entry = {**self.tool("mine", ["mine", "{model}", "{threads}"], "benchncnn"), key: value}
                self.write_list(entry)
                self.assert_refused(self.hetscope("models"), words)

    def test_a_list_that_anybody_may_have_put_near_the_program_is_not_read(self):
        program = self.directory / "unpacked" / "hetscope"
        program.parent.mkdir()
        shutil.copy2(self.program, program)
        folder = self.directory / "bench" / "baselines"
        folder.mkdir(parents=True)
        (folder / "baselines.json").write_text("no list")
        environment = {key: value for key, value in os.environ.items() if key != "HETSCOPE_BASELINES"}

        def models():
            return subprocess.run([program, "models"], capture_output=True, text=True, env=environment, timeout=60)

        self.assert_refused(models(), "bench/baselines/baselines.json")
        for anybodys in (folder, folder / "baselines.json"):
            mode = anybodys.stat().st_mode
            anybodys.chmod(mode | 0o002)
            result = models()
            self.assertEqual(result.returncode, 0, result.stderr)
            anybodys.chmod(mode)


if __name__ == "__main__":
    main()
