"""The HTML report in a real browser: nothing on the console, charts drawn, tables that filter and sort, hostile text
that stays text, one sheet of paper a question, and no sideways scrolling on a phone.

Usage: html_test.py HETSCOPE [unittest options]. $HETSCOPE_PICTURES names a directory for pictures to look at.
"""

import os
import re
import shutil
import sys

import browser
from program_case import ProgramCase, main

READY = "document.documentElement.dataset.ready === 'yes'"
SHEETS_DRAWN = "[...document.querySelectorAll('.sheet .drawing')].every((place) => place.dataset.drawn === 'yes')"


class HtmlTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.plain = cls.report(cls.new_directory(cls.addClassCleanup) / "plain", 900)
        cls.has_charts = 'id="charts"' in cls.plain.read_text()
        if not cls.has_charts:
            print("charts are not tested: the program was built without Vega-Lite (scripts/fetch_charts.sh)",
                  file=sys.stderr)

    @classmethod
    def report(cls, runs, count, *options, questions=None):
        """The page about made-up records that are kept in `runs`."""
        cls.make_records(runs, count, *options)
        return cls.page_of(runs, *(["--questions", questions] if questions else []))

    @classmethod
    def page_of(cls, runs, *options):
        page = runs.with_suffix(".html")
        sessions = sorted(runs.glob("session-*")) or [runs]
        cls.hetscope("report", *sessions, *options, "--out", page, check=True, stderr=None)
        return page

    def open(self, path, width=1200, height=1000, **how):
        self.browser.show(width, height, **how)
        self.browser.open(path)
        self.browser.wait_for(READY)
        if self.has_charts:
            self.browser.wait_for(SHEETS_DRAWN)

    def picture(self, name):
        if folder := os.environ.get("HETSCOPE_PICTURES"):
            self.browser.picture(os.path.join(folder, name + ".png"))

    def test_charts_are_drawn_and_the_console_is_empty(self):
        if not self.has_charts:
            self.skipTest("the program was built without Vega-Lite")
        for how in ({}, {"dark": True}, {"phone": True, "width": 390}):
            with self.subTest(**how):
                self.open(self.plain, **how)
                self.browser.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
                count = self.browser.run("document.querySelectorAll('.drawing').length")
                self.assertGreater(count, 10)
                for index in range(min(count, 30)):
                    drawn = f"document.querySelectorAll('.drawing')[{index}]"
                    self.browser.run(drawn + ".scrollIntoView()")
                    self.browser.wait_for(drawn + ".dataset.drawn === 'yes'")
                    marks = self.browser.run(drawn + ".querySelectorAll('svg path, svg rect, svg line').length")
                    self.assertGreater(marks, 3)
                self.assertEqual(self.browser.complaints, [])
                self.picture("charts " + " ".join(how) if how else "charts light")

    def test_the_heat_map_of_contention_is_drawn(self):
        if not self.has_charts:
            self.skipTest("the program was built without Vega-Lite")
        runs = self.make_records(self.directory / "contention", 12)
        records = self.records(runs)
        for index, record in enumerate(records[:4]):
            load = f"spin kernel=spin_opencl processor=opencl:1 steps={1 + index}"
            record["case"] += f' load="{load}"'
            record["axes"]["load"] = load
            record["metrics"]["retained"] = {"value": 0.5 + index / 10, "unit": "1"}
        self.write_records(runs, records)
        self.open(self.page_of(runs))
        figure = ("[...document.querySelectorAll('figure')]"
                  ".find((one) => one.textContent.includes('keeps of its pace beside'))")
        self.assertTrue(self.browser.run(f"Boolean({figure})"))
        self.browser.run(f"{figure}.scrollIntoView()")
        self.browser.wait_for(f"Boolean({figure}.querySelector('svg'))")
        self.assertGreaterEqual(self.browser.run(f"{figure}.querySelectorAll('svg path').length"), 1)
        self.assertIn("0.60", self.browser.run(f"{figure}.querySelector('svg').textContent"))
        self.assertEqual(self.browser.complaints, [])
        self.picture("heat map")

    def test_the_first_screen_answers(self):
        self.open(self.plain)
        self.assertEqual(self.browser.run("document.querySelector('.answer strong').textContent"), "UNCLEAR")
        self.assertIn("1 session of the 3", self.browser.run("document.querySelector('.answer .why').textContent"))
        self.assertEqual(self.browser.run("document.querySelectorAll('.sheet tbody')[0].rows.length"), 3)
        top = self.browser.run("document.querySelector('.sheet table').getBoundingClientRect().bottom")
        self.assertLess(top, 1000, "verdict and numbers are on the first screen")
        self.assertEqual(self.browser.complaints, [])
        self.picture("first screen")

    def test_a_long_table_filters_sorts_and_turns_its_pages(self):
        self.open(self.plain)
        table = "[...document.querySelectorAll('.table[data-rows]')].find((box) => !box.closest('details'))"
        rows = f"{table}.querySelector('tbody').rows"
        self.assertEqual(self.browser.run(rows + ".length"), 100)
        total = int(re.search(r"of (\d+) rows", self.browser.run(f"{table}.querySelector('.pager').textContent"))[1])
        self.assertGreater(total, 200)
        first = self.browser.run(rows + "[0].textContent")
        self.browser.run(f"{table}.querySelectorAll('.pager button')[1].click()")
        self.assertNotEqual(self.browser.run(rows + "[0].textContent"), first)
        self.browser.run(f"(() => {{ const input = {table}.querySelector('.filter input');"
                         "input.value = 'f16 made_up_simd'; input.dispatchEvent(new Event('input')); })()")
        self.assertRegex(self.browser.run(f"{table}.querySelector('.filter output').textContent"), rf"^\d+ of {total}$")
        self.assertTrue(self.browser.run(f"[...{rows}].every((row) => /f16/.test(row.textContent)"
                                         " && /made_up_simd/.test(row.textContent))"))
        numeric = (f"[...{table}.querySelectorAll('th')]"
                   ".findIndex((head) => head.textContent === 'ratio' || head.textContent === 'median')")
        self.browser.run(f"{table}.querySelectorAll('th button')[{numeric}].click()")
        column = self.browser.run(f"[...{rows}].map((row) => row.cells[{numeric}].textContent)")
        units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
        values = [float(re.match(r"[\d.]+", text)[0]) * units.get(text.split(" ")[-1], 1) for text in column]
        self.assertEqual(values, sorted(values))
        self.assertEqual(self.browser.complaints, [])

    def test_the_keyboard_reaches_everything(self):
        self.open(self.plain)
        self.browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached = set()
        for _ in range(40):
            self.browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
            reached.add(self.browser.run("document.activeElement.tagName + '.' + document.activeElement.className"))
        for wanted in ("SUMMARY.", "BUTTON.", "INPUT."):
            self.assertIn(wanted, reached)
        self.assertTrue(any("scroll" in name for name in reached), reached)

    def test_hostile_text_stays_text(self):
        self.open(self.report(self.directory / "hostile", 900, "--hostile"))
        self.browser.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        self.assertNotEqual(self.browser.run("document.title"), "owned")
        self.assertEqual(self.browser.run("document.querySelectorAll('img').length"), 0)
        self.assertIn("onerror=alert(1)", self.browser.run("document.body.textContent"))
        self.assertEqual(self.browser.complaints, [])

    def test_a_phone_never_scrolls_sideways(self):
        self.open(self.plain, width=390, phone=True)
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 390)
        self.picture("phone")

    def test_each_question_is_one_sheet_of_paper(self):
        rule = {"metric": "latency", "margin": 0.05, "baseline": {"kernel": "made_up_scalar"}, "over": "geometric_mean"}
        questions = self.write({"schema": "hetscope/questions/1", "title": "Three questions", "questions": [
            {"name": kernel, "question": f"Does {kernel} pay?", "rule": dict(rule, candidate={"kernel": kernel})}
            for kernel in ("made_up_simd", "made_up_buffer", "made_up_texture")]}, "questions.json")
        self.open(self.report(self.directory / "decided", 360, "--sessions", "3", questions=questions))
        verdicts = self.browser.run("[...document.querySelectorAll('.answer strong')]"
                                    ".map((verdict) => verdict.textContent)")
        self.assertEqual(verdicts, ["GO", "GO", "UNCLEAR"])
        paper = self.directory / "paper.pdf"
        self.browser.pdf(paper)
        self.assertEqual(len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())), 3)
        self.assertEqual(self.browser.complaints, [])
        self.picture("decided")
        if folder := os.environ.get("HETSCOPE_PICTURES"):
            shutil.copy(paper, folder)


if __name__ == "__main__":
    if browser.find() is None:
        print("no chromium: run scripts/setup.sh all", file=sys.stderr)
        sys.exit(77)
    main()
