"""What is wrong in the input of a report or a comparison is told in a clear line, and the rest is reported.

Usage: report_input_test.py HETSCOPE [unittest options]
"""

import json

from program_case import ProgramCase, main

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


class InputTest(ProgramCase):
    def made_up(self, name, count, *options):
        return self.make_records(self.directory / name, count, "--samples", "20", *options)

    def edit(self, run, change):
        """Each record of a run through `change`; a text that it returns is written as it is."""
        path = run / "records.jsonl"
        lines = [change(number, json.loads(line)) for number, line in enumerate(path.read_text().splitlines())]
        path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))

    def reports(self, *directories):
        """The Markdown and the HTML report of the same input."""
        texts = []
        for suffix in ("md", "html"):
            out = self.directory / ("report." + suffix)
            result = self.hetscope("report", *directories, "--out", out)
            self.assertEqual(result.returncode, 0, result.stderr)
            texts.append(out.read_text())
        return texts

    def test_a_record_of_a_future_schema_and_a_half_written_line(self):
        run = self.made_up("run", 12)

        def change(number, record):
            if number == 3:
                record["schema"] = "hetscope/record/9"
            return record if number < 11 else json.dumps(record)[:400]

        self.edit(run, change)
        for text in self.reports(run):
            self.assertIn("hetscope/record/9", text)
            self.assertIn("this hetscope reads hetscope/record/1", text)
            self.assertIn("the file ends in the middle of this line", text)
            self.assertIn("10 cases", text)

    def test_mixed_devices_and_one_run_id_with_different_rows(self):
        one, other = self.made_up("one", 12), self.made_up("other", 12)
        self.edit(other, lambda _, record: {**record, "device": {"model": "another board", "unit": "ffff"},
                                            "group": record["group"] + " changed"})
        for text in self.reports(one, other):
            self.assertIn("Mixed devices", text)
            self.assertIn("occurs in 2 of the inputs with different rows", text)

    def test_an_empty_run_is_told_and_left_out(self):
        run = self.made_up("run", 12)
        empty = self.directory / "empty"
        empty.mkdir()
        (empty / "run.json").write_text("{}")
        out = self.directory / "report.md"
        result = self.hetscope("report", run, empty, "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("holds no record", result.stderr)
        self.assertIn("12 cases", out.read_text())
        self.assert_refused(self.hetscope("report", empty, "--out", out))

    def test_html_in_a_device_name_and_a_reason_stays_text(self):
        run = self.made_up("run", 300)
        self.edit(run, lambda number, record: {**record, "device": {"model": HOSTILE, "unit": "x"},
                                               "reason": HOSTILE if record["status"] != "ok" else ""})
        markdown, html = self.reports(run)
        self.assertNotIn("<img src=x", html)
        self.assertNotIn("<script>alert", html)
        self.assertIn("&lt;img", html)
        self.assertNotIn("<script>", markdown)

    def test_stored_intervals_find_what_the_sessions_confirm(self):
        base = self.made_up("base", 300, "--sessions", "3")
        candidate = self.made_up("candidate", 300, "--sessions", "3", "--factor", "1.1")
        result = self.hetscope("compare", base, candidate, "--stored", "--rows", "5", "--format", "json")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("600 records", result.stderr)
        pairs = json.loads(result.stdout)["pairs"]
        self.assertEqual([pair["ratios"][0]["verdict"] for pair in pairs], ["SLOWER"] * 5)
        self.edit(candidate / "session-1", lambda number, record: "not JSON\n" if number == 4 else record)
        damaged = self.hetscope("compare", base, candidate, "--stored")
        self.assertIn("line 5", damaged.stderr)
        self.edit(candidate / "session-2",
                  lambda _, record: {**record, "device": {"model": "another board", "unit": "x"}})
        refused = self.hetscope("compare", base, candidate, "--stored")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("not comparable: device model", refused.stderr)

    def test_runs_with_damaged_lines_are_compared_without_them_and_name_them(self):
        base = self.made_up("base", 30, "--sessions", "3")
        candidate = self.made_up("candidate", 30, "--sessions", "3")
        self.edit(candidate / "session-1", lambda number, record: "not JSON\n" if number == 4 else record)
        damaged = self.hetscope("compare", base, candidate)
        self.assertIn("session-1: left out: ", damaged.stderr)
        self.assertIn("line 5", damaged.stderr)

    def test_of_stored_intervals_at_least_one_row_is_judged(self):
        base = self.made_up("base", 30, "--sessions", "3")
        self.assert_refused(self.hetscope("compare", base, base, "--stored", "--rows", "0"), "--rows")


if __name__ == "__main__":
    main()
