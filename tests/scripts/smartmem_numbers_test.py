#!/usr/bin/env python3
"""What scripts/smartmem_numbers.py runs, keeps and prints, on records whose answer is known.

Usage: smartmem_numbers_test.py BUILD [unittest options]
"""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ.get("HETSCOPE_BUILD", "")


def module(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


numbers = module("smartmem_numbers")
make_records = module("make_records")

# Stands in for the program: notes its arguments, writes run.json, and fails where the scenario is named in $FAILS.
STUB = """#!/usr/bin/env python3
import json, os, pathlib, sys
arguments = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if arguments[0] == "run":
    out = pathlib.Path(arguments[arguments.index("--out") + 1])
    out.mkdir(parents=True)
    pattern = arguments[arguments.index("--filter") + 1] if "--filter" in arguments else ""
    (out / "run.json").write_text(json.dumps({"filter": pattern}))
    sys.exit(137 if pathlib.Path(arguments[1]).stem == os.environ.get("FAILS") else 0)
if arguments[0] == "list":
    sys.exit(0 if pathlib.Path(arguments[1]).stem == "texture" else 2)
"""


class Directory(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)


class Runs(Directory):
    SOME = [scenario for scenario in numbers.SCENARIOS if scenario.stem in ("chain_depth", "consumers", "texture")]

    def setUp(self):
        super().setUp()
        program = self.directory / "build/bin/hetscope"
        program.parent.mkdir(parents=True)
        program.write_text(STUB)
        program.chmod(0o755)
        self.out = self.directory / "out"
        variables = unittest.mock.patch.dict(os.environ, {"CALLS": str(self.directory / "calls")})
        variables.start()
        self.addCleanup(variables.stop)

    def run_sessions(self, *words):
        """The scenarios that were run, in order."""
        (self.directory / "calls").write_text("")
        arguments = self.parse("--build", str(self.directory / "build"), *words)
        numbers.run_sessions(arguments, self.out, self.SOME, 2)
        return [call for call in map(json.loads, (self.directory / "calls").read_text().splitlines()) if call[0] == "run"]

    @staticmethod
    def parse(*words):
        parser = numbers.parser_of("")
        parser.add_argument("--quick", action="store_true")
        return parser.parse_args(words)

    def test_each_scenario_runs_once_a_session_and_what_is_finished_stays(self):
        calls = self.run_sessions()
        self.assertEqual(len(calls), 2 * len(self.SOME))
        self.assertEqual(len(numbers.runs_of(self.out, self.SOME)), len(calls))
        self.assertEqual(self.run_sessions(), [])

    def test_what_was_stopped_half_way_begins_anew(self):
        os.environ["FAILS"] = "consumers"
        self.addCleanup(os.environ.pop, "FAILS", None)
        with self.assertRaises(SystemExit):
            self.run_sessions()
        self.assertEqual([run.name for run in numbers.runs_of(self.out, self.SOME)], ["chain_depth-1"])
        del os.environ["FAILS"]
        self.assertEqual(len(self.run_sessions()), 2 * len(self.SOME) - 1)

    def test_another_filter_wants_another_directory(self):
        calls = self.run_sessions("--filter", "x_walk")
        self.assertEqual([pathlib.Path(call[1]).stem for call in calls], ["texture", "texture"])
        with self.assertRaisesRegex(SystemExit, "use another --out"):
            self.run_sessions()

    def test_a_try_has_its_own_filters_and_no_roofs(self):
        for call in self.run_sessions("--quick"):
            self.assertIn("--no-roofs", call)
            self.assertIn(numbers.QUICK[pathlib.Path(call[1]).stem], call)


def seeded(kernel, session, nanoseconds, generator):
    """A row of M1's activations, of a chain that takes `nanoseconds`."""
    line = make_records.record_line(("dtype=f32 shape=1x8x8x8 threads=1 cache=hot variant=0", "a group", 0, 0), session,
                                    make_records.Pool(generator, 40), generator,
                                    type("Options", (), {"hostile": False, "factor": 1.0}))
    record = json.loads(line)
    axes = {"shape": [100, 1000], "dtype": "f32", "first": "relu", "second": "relu", "between": "transpose:1,0",
            "threads": 1, "cache": "hot"}
    latency = record["latencies"]["host_monotonic"]
    scale = nanoseconds / latency["median_ns"]
    for name in ("median_ns", "p05_ns", "p95_ns", "mean_ns"):
        latency[name] *= scale
    latency["ci95_ns"] = [bound * scale for bound in latency["ci95_ns"]]
    latency["totals_ns"] = [total * scale for total in latency["totals_ns"]]
    words = "shape=100x1000 dtype=f32 first=relu second=relu between=transpose:1,0 threads=1 cache=hot"
    record.update(operation="operator_pair", kernel=kernel, axes=axes, scenario="smartmem-read-or-write",
                  case=f"operator_pair kernel={kernel} processor=cpu {words}", baseline_case=None)
    return record


class Claims(Directory):
    def seed(self, session, ratio):
        run = self.directory / f"read_or_write-{session}"
        generator = random.Random(session)
        make_records.write_run(run, 1, session, make_records.Pool(generator, 40),
                               type("Options", (), {"hostile": False, "factor": 1.0}))
        rows = [seeded("operator_pair_producer_layout", session, 1e6, generator),
                seeded("operator_pair_consumer_layout", session, ratio * 1e6, generator)]
        (run / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def printed(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            numbers.report(BUILD, self.directory)
        return output.getvalue().splitlines()

    def test_a_claim_beside_what_was_measured(self):
        for session in (1, 2, 3):
            self.seed(session, 0.5)
        lines = self.printed()
        (activation,) = [line for line in lines if "The same of an activation" in line]
        self.assertRegex(activation, r"\| 1\.1 \| (1\.9|2\.0)\d \[\d\.\d+, \d\.\d+\] \| 3 \| made-up CPU \| holds \|")
        (matmul,) = [line for line in lines if line.startswith("| M1: Is a matrix product")]
        self.assertIn("| not measured |", matmul)
        self.assertTrue((self.directory / "report.html").exists())

    def test_one_session_decides_nothing(self):
        self.seed(1, 0.5)
        (activation,) = [line for line in self.printed() if "The same of an activation" in line]
        self.assertIn("| undecided | 1 session of the 3", activation)

    def test_no_run_is_an_error(self):
        with self.assertRaisesRegex(SystemExit, "no finished run"):
            self.printed()


class Quick(unittest.TestCase):
    def test_a_try_keeps_a_few_cases_of_each_scenario(self):
        scenarios = [*numbers.SCENARIOS, numbers.layout_numbers.SCENARIO, numbers.layout_numbers.OPENCL_SCENARIO]
        self.assertEqual({scenario.stem for scenario in scenarios}, set(numbers.QUICK))
        for scenario in scenarios:
            with self.subTest(scenario.stem):
                listed = subprocess.run([numbers.program(BUILD), "list", str(scenario), "--no-roofs", "--filter",
                                         numbers.QUICK[scenario.stem]], capture_output=True, text=True, check=False)
                self.assertEqual(listed.returncode, 0, listed.stderr)
                cases = [line for line in listed.stdout.splitlines() if " kernel=" in line]
                self.assertGreaterEqual(len(cases), 2, listed.stdout)
                self.assertLessEqual(len(cases), 16, listed.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        BUILD = sys.argv.pop(1)
    unittest.main()
