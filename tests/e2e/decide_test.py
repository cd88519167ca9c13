"""Questions against runs, from outside: verdicts, exit codes, the two files and what a bad input does to them.

Usage: decide_test.py HETSCOPE [unittest options]
"""

import json

import jsonschema

from program_case import ROOT, ProgramCase, main

RULE = {"metric": "latency", "margin": 0.05, "candidate": {"kernel": "made_up_simd"},
        "baseline": {"kernel": "made_up_scalar"}, "over": "geometric_mean"}


class DecideTest(ProgramCase):
    def made_up(self, count, *options):
        return self.make_records(self.directory / "runs", count, *options)

    def questions(self, *rules, name="questions.json"):
        return self.write({
            "schema": "hetscope/questions/1", "title": "Does it pay?",
            "questions": [{"name": f"q{i}", "question": "Does SIMD pay?", "rule": rule,
                           "to_run": ["scenarios/smoke/layout.json"]} for i, rule in enumerate(rules)]}, name)

    def decide(self, questions, *arguments):
        result = self.hetscope("decide", questions, *arguments, "--out", self.out)
        document = None
        if result.returncode in (0, 3):
            document = json.loads((self.out / "decision.json").read_text())
            schema = json.loads((ROOT / "harness" / "record" / "schema" / "decision-1.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(document)
        return result, document

    def test_go_with_evidence(self):
        runs = self.made_up(240, "--sessions", "4", "--samples", "20")
        result, document = self.decide(self.questions(RULE), runs)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        self.assertTrue(result.stdout.startswith("GO "), result.stdout)
        (question,) = document["questions"]
        (generation,) = question["generations"]
        self.assertEqual(len(generation["units"]), 3)
        combined = generation["alternatives"][0]["combined"]
        self.assertLess(combined["ci95"][1], 0.5)
        self.assertEqual(combined["sessions"], 4)
        page = (self.out / "decision.md").read_text()
        for words in ("**GO**", "What would change it", "unsupported: needs C"):
            self.assertIn(words, page)

    def test_one_session_is_undecided_whatever_it_says(self):
        runs = self.made_up(30, "--samples", "20")
        result, document = self.decide(self.questions(RULE), runs)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("1 session of the 3", document["questions"][0]["reason"])

    def test_a_missing_metric_is_one_line_and_the_rest_is_decided(self):
        runs = self.made_up(120, "--sessions", "4", "--samples", "20")
        missing = dict(RULE, metric="bandwith", better="higher")
        result, document = self.decide(self.questions(missing, RULE), runs)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertEqual([question["verdict"] for question in document["questions"]], ["UNCLEAR", "GO"])
        lines = [line for line in result.stdout.splitlines() if "bandwith" in line]
        self.assertEqual(len(lines), 1, result.stdout)
        self.assertIn("bandwidth", lines[0])

    def test_an_unqualified_instrument(self):
        runs = self.made_up(120, "--sessions", "3", "--samples", "20")
        notes = []
        for unit in range(3):
            path = self.write({
                "schema": "hetscope/qualification/1", "verdict": "REJECTED" if unit == 1 else "QUALIFIED",
                "reasons": ["noise"], "made_at": "2000-01-01T00:00:00Z",
                "device": {"model": "made-up board", "unit": f"made0000up{unit:06d}"}}, f"qualification-{unit}.json")
            notes += ["--qualification", path]
        result, document = self.decide(self.questions(RULE), runs, *notes)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("the instrument is unqualified", document["questions"][0]["reason"])
        result, document = self.decide(self.questions(RULE), runs)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("not qualified", document["questions"][0]["generations"][0]["instrument"]["what_is_known"])

    def test_what_is_wrong_in_the_input_is_told_and_the_rest_counts(self):
        runs = self.made_up(200, "--sessions", "5", "--samples", "20")
        future = (runs / "session-1" / "records.jsonl").read_text().replace("hetscope/record/1", "hetscope/record/9")
        (runs / "session-1" / "records.jsonl").write_text(future)
        half = (runs / "session-2" / "records.jsonl").read_text()
        (runs / "session-2" / "records.jsonl").write_text(half[: len(half) - 100])
        (runs / "empty").mkdir()
        (runs / "empty" / "run.json").write_text("{}")
        result, document = self.decide(self.questions(RULE), runs, runs / "session-3")
        self.assertIn("hetscope/record/9", result.stderr)
        self.assertIn("the file ends in the middle of this line", result.stderr)
        self.assertIn("holds no record", result.stderr)
        reasons = [item["reason"] for item in document["questions"][0]["not_counted"]]
        self.assertIn("given more than once (same session and case)", reasons)
        sessions = document["questions"][0]["generations"][0]["alternatives"][0]["combined"]["sessions"]
        self.assertEqual(sessions, 4)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_bad_usage_is_one_line(self):
        runs = self.made_up(12, "--samples", "20")
        for questions, directory, words in (
                (self.questions(dict(RULE, margin=2), name="bad.json"), runs, "bad.json#/questions/0/rule/margin"),
                (self.directory / "no.json", runs, "no.json"),
                (self.questions(RULE), self.directory / "nothing here", "holds none")):
            self.assert_refused(self.hetscope("decide", questions, directory, "--out", self.out), words)
        self.assertFalse(self.out.exists())

    def test_what_is_not_testable_does_not_leave_the_rest_undecided(self):
        runs = self.made_up(240, "--sessions", "4", "--samples", "20")
        path = self.questions(RULE, RULE)
        document = json.loads(path.read_text())
        document["questions"][1]["published"] = {"what": "a", "source": "b", "not_testable": "no network is run"}
        self.write(document, path.name)
        result, document = self.decide(path, runs)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        self.assertIn("NOT TESTABLE q1: no network is run", result.stdout)
        self.assertEqual(document["questions"][1]["verdict"], "NOT TESTABLE")
        self.assertEqual(document["questions"][1]["published"]["measured"][0]["outcome"], "not testable here")

    def test_the_ready_questions_are_read_and_say_what_to_run(self):
        runs = self.made_up(12, "--samples", "20")
        for path in sorted((ROOT / "scenarios" / "decisions").glob("*.json")):
            with self.subTest(path.name):
                result, document = self.decide(path, runs)
                self.assertEqual(result.returncode, 3, result.stderr)
                asked = json.loads(path.read_text())["questions"]
                for question, source in zip(document["questions"], asked, strict=True):
                    is_testable = "not_testable" not in source.get("published", {})
                    self.assertEqual(question["verdict"], "UNCLEAR" if is_testable else "NOT TESTABLE")
                    for scenario in question["to_run"]:
                        self.assertTrue((ROOT / scenario).exists(), scenario)


if __name__ == "__main__":
    main()
