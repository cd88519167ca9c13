#!/usr/bin/env python3
"""scripts/trust.py: what an interrupted campaign keeps, and what it refuses to mix."""

import importlib.util
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
SPEC = importlib.util.spec_from_file_location("trust", ROOT / "scripts/trust.py")
trust = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(trust)


class TrialsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "new" / "trials.jsonl"

    def row(self, number, version="hetscope 1"):
        return {"version": version, "label": "AA", "number": number, "kernel": "L2", "verdict": "SAME"}

    def test_goes_on_after_the_last_whole_line(self):
        trials = trust.Trials(self.path, "hetscope 1")
        trials.add(self.row(0))
        trials.add(self.row(1))
        with self.path.open("a") as file:
            file.write('{"version": "hetsc')  # killed here
        again = trust.Trials(self.path, "hetscope 1")
        self.assertEqual(set(again.rows), {("AA", 0), ("AA", 1)})
        again.add(self.row(2))
        self.assertEqual(len(trust.Trials(self.path, "hetscope 1").rows), 3)

    def test_refuses_the_comparisons_of_another_program(self):
        trust.Trials(self.path, "hetscope 1").add(self.row(0))
        with self.assertRaisesRegex(SystemExit, "name another file"):
            trust.Trials(self.path, "hetscope 2")

    def test_keeps_nothing_when_no_file_is_named(self):
        trials = trust.Trials(None, "hetscope 1")
        trials.add(self.row(0))
        self.assertEqual(len(trials.rows), 1)


if __name__ == "__main__":
    unittest.main()
