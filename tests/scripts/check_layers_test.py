#!/usr/bin/env python3
"""Does scripts/check_layers.py see each kind of wrong include, and only those? Each test builds a small tree."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_layers.py"


def check(files):
    """Runs the script over a tree of `files` (path -> text); returns its exit code and output."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            target = Path(root) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        done = subprocess.run([sys.executable, str(SCRIPT), "--root", root], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr


class CheckLayers(unittest.TestCase):
    def assert_error(self, files, *parts):
        code, output = check(files)
        self.assertEqual(code, 1, output)
        for part in parts:
            self.assertIn(part, output)

    def test_downward_includes_pass_through_several_doors(self):
        code, output = check({
            "harness/core/error.hpp": "#pragma once\n#include <string>\n",
            "harness/tensor/shape.hpp": '#include "harness/core/error.hpp"\n',
            "harness/run/runner.cpp": '#include "harness/tensor/shape.hpp"\n#include "harness/core/error.hpp"\n',
            "kernels/copy/copy.cpp": '#include "harness/tensor/shape.hpp"\n#include "hwy/highway.h"\n',
            "bench/main.cpp": '#include "kernels/copy/copy.cpp"\n',
            "tests/unit/core/error_test.cpp": '#include "harness/core/error.hpp"\n#include "bench/main.cpp"\n',
        })
        self.assertEqual(code, 0, output)
        self.assertIn("6 files, 0 errors", output)

    def test_upward_include(self):
        self.assert_error({"harness/core/a.hpp": "\n#include \"harness/tensor/shape.hpp\"\n",
                           "harness/tensor/shape.hpp": ""},
                          "harness/core/a.hpp:2:", "rule: harness/core may include no other room")

    def test_record_may_not_include_statistics(self):
        self.assert_error({"harness/record/a.cpp": '#include "harness/statistics/s.hpp"\n',
                           "harness/statistics/s.hpp": ""}, "harness/record/a.cpp:1:")

    def test_harness_never_includes_kernels(self):
        self.assert_error({"harness/run/a.cpp": '#include "kernels/catalog.hpp"\n', "kernels/catalog.hpp": ""},
                          "harness/run/a.cpp:1:", "kernels/catalog.hpp")

    def test_kernels_may_not_measure(self):
        self.assert_error({"kernels/copy/a.cpp": '#include "harness/measure/session.hpp"\n',
                           "harness/measure/session.hpp": ""}, "kernels/copy/a.cpp:1:")

    def test_nobody_includes_tests(self):
        self.assert_error({"bench/a.cpp": '#include "tests/fakes/fake.hpp"\n', "tests/fakes/fake.hpp": ""},
                          "bench/a.cpp:1:")

    def test_circle_names_both_includes(self):
        self.assert_error({"harness/meter/a.hpp": '#include "harness/record/b.hpp"\n',
                           "harness/record/b.hpp": '#include "harness/meter/a.hpp"\n'},
                          "in a circle", "harness/meter/a.hpp:1", "harness/record/b.hpp:1")

    def test_whole_json_header_only_in_sources(self):
        self.assert_error({"harness/record/json.hpp": "#include <nlohmann/json.hpp>\n"}, "json_fwd.hpp")
        code, output = check({"harness/record/json.cpp": "#include <nlohmann/json.hpp>\n"})
        self.assertEqual(code, 0, output)

    def test_missing_and_relative_includes(self):
        self.assert_error({"harness/core/a.cpp": '#include "harness/core/gone.hpp"\n'}, "does not exist")
        self.assert_error({"harness/core/a.cpp": '#include "b.hpp"\n', "harness/core/b.hpp": ""}, "relative path")

    def test_unknown_room(self):
        self.assert_error({"harness/helpers/a.cpp": ""}, "harness/helpers/a.cpp:1:", "no room")

    def test_comments_are_not_includes(self):
        code, output = check({"harness/core/a.cpp": '// #include "kernels/catalog.hpp"\n'})
        self.assertEqual(code, 0, output)

    def test_long_file_is_a_warning_only(self):
        code, output = check({"harness/core/a.cpp": "\n" * 451})
        self.assertEqual(code, 0, output)
        self.assertIn("warning: harness/core/a.cpp: 451 lines", output)

    def test_empty_tree_is_not_a_success(self):
        code, output = check({"README.md": ""})
        self.assertEqual(code, 2, output)


if __name__ == "__main__":
    unittest.main()
