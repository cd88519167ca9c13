#!/usr/bin/env python3
"""How bench/baselines/conversion.py keeps conversions, those that fail, die and take too long included."""

import errno
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import types
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "baselines"))

import conversion
from conversion import converted, in_plain_operators, keep_only, run_converter
from hetscope_baseline import Skipped


class Conversions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.request = types.SimpleNamespace(conversions=self.folder, precision="f32", model_sha256="0123456789abcdef",
                                             seconds_converting=0.0)

    def convert(self, function, seconds="5"):
        with mock.patch.dict(os.environ, {"HETSCOPE_CONVERSION_SECONDS": seconds}):
            return converted(self.request, "maker", "1", function)

    def refusal(self, function, seconds="5"):
        with self.assertRaises(Skipped) as caught:
            self.convert(function, seconds)
        return str(caught.exception)

    def test_it_is_made_once_and_kept_with_its_hash_and_notes(self):
        def make(directory):
            (directory / "model.bin").write_bytes(b"abc")
            return {"rewritten": "LSTM 1"}

        place, notes = self.convert(make)
        self.assertEqual((place / "model.bin").read_bytes(), b"abc")
        self.assertEqual(notes["rewritten"], "LSTM 1")
        self.assertEqual(notes["converter"], "maker 1")
        again = self.convert(lambda directory: self.fail("it is converted again"))
        self.assertEqual(again, (place, notes))
        self.assertEqual(sorted(path.name for path in place.parent.iterdir()), [place.name, place.name + ".lock"])

    def test_two_at_once_make_one(self):
        def make(directory):
            time.sleep(0.3)
            (directory / "maker").write_text(str(os.getpid()))

        child = os.fork()
        if child == 0:
            self.convert(make)
            os._exit(0)
        place, _ = self.convert(make)
        made = (place / "maker").read_text()
        os.waitpid(child, 0)
        self.assertEqual((place / "maker").read_text(), made)

    def test_what_a_killed_one_left_is_removed(self):
        place, _ = self.convert(lambda directory: None)
        shutil.rmtree(place)
        left = Path(tempfile.mkdtemp(prefix=place.name + ".", dir=place.parent))
        self.convert(lambda directory: None)
        self.assertFalse(left.exists())

    def test_its_time_is_counted_apart_and_only_when_it_passes(self):
        self.convert(lambda directory: time.sleep(0.05))
        self.assertGreaterEqual(self.request.seconds_converting, 0.05)
        before = self.request.seconds_converting
        self.convert(lambda directory: None)
        self.assertEqual(self.request.seconds_converting, before)

    def test_it_happens_in_another_process(self):
        place, _ = self.convert(lambda directory: (directory / "pid").write_text(str(os.getpid())) and None)
        self.assertNotEqual((place / "pid").read_text(), str(os.getpid()))

    def test_a_failure_is_kept_with_its_reason(self):
        def fail(directory):
            (directory / "half").write_bytes(b"half a model")
            raise ValueError("no such operator")

        self.assertEqual(self.refusal(fail), "not converted: maker: ValueError: no such operator")
        self.assertIn("no such operator", self.refusal(lambda directory: None))
        kept = self.folder / "maker-1-f32" / self.request.model_sha256
        self.assertEqual([path.name for path in kept.iterdir()], ["conversion.json"])

    def test_a_death_is_a_failure(self):
        self.assertIn("died of signal 11", self.refusal(lambda directory: os.kill(os.getpid(), signal.SIGSEGV)))
        self.assertIn("died of signal 11", self.refusal(lambda directory: None))

    def test_what_was_killed_is_tried_again(self):
        self.assertIn("died of signal 9", self.refusal(lambda directory: os.kill(os.getpid(), signal.SIGKILL)))
        suicide = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
        self.assertIn("was killed", self.refusal(lambda directory: run_converter(suicide, directory)))
        self.convert(lambda directory: None)

    def test_what_the_machine_lacked_is_tried_again(self):
        def full(directory):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def full_in_a_converter(directory):
            run_converter([sys.executable, "-c", "raise OSError(28, 'No space left on device')"], directory)

        def too_large(directory):
            raise MemoryError

        for lacking, words in ((full, "No space left"), (full_in_a_converter, "No space left"), (too_large, "Memory")):
            self.assertIn(words, self.refusal(lacking))
        self.convert(lambda directory: None)

    def test_the_words_are_those_of_the_converter_that_failed(self):
        def two(directory):
            run_converter([sys.executable, "-c", "print('Warning: opset not supported fully')"], directory)
            run_converter([sys.executable, "-c", "print('out of luck'); raise SystemExit(3)"], directory)

        self.assertTrue(self.refusal(two).endswith("ended with 3: out of luck"))

    def test_what_took_too_long_is_tried_again_with_more_time_only(self):
        def wait(directory):
            run_converter([sys.executable, "-c", "import time; time.sleep(60)"], directory)

        self.assertIn("took more than 0.2 s", self.refusal(wait, "0.2"))
        self.assertIn("took more than 0.2 s", self.refusal(lambda directory: None, "0.2"))
        self.convert(lambda directory: None, "5")
        self.convert(lambda directory: self.fail("it is converted again"), "0.2")
        self.assertEqual(len(list((self.folder / "maker-1-f32").iterdir())), 2)

    def test_a_conversion_within_the_process_that_hangs_is_ended(self):
        with mock.patch.object(conversion, "GRACE_SECONDS", 0):
            self.assertIn("took more than 0.2 s", self.refusal(lambda directory: time.sleep(60), "0.2"))

    def test_what_cannot_be_read_is_made_again(self):
        for text in ("{", "[]", "{}"):
            place, _ = self.convert(lambda directory: None)
            (place / "conversion.json").write_text(text)
            self.convert(lambda directory: (directory / "again").write_text("") and None)
            self.assertTrue((place / "again").exists())

    def test_a_model_that_cannot_be_rewritten_goes_as_it_is(self):
        with mock.patch.object(conversion.importlib.util, "find_spec", return_value=True):
            source, notes = in_plain_operators("nowhere.onnx", self.folder, "lstm")
        self.assertEqual(source, "nowhere.onnx")
        self.assertIn("ended with 1", notes["not_rewritten"])

    def test_without_onnx_it_is_tried_again(self):
        with mock.patch.object(conversion.importlib.util, "find_spec", return_value=None):
            said = self.refusal(lambda directory: in_plain_operators("nowhere.onnx", directory, "lstm"))
        self.assertIn("onnx is not in its environment", said)
        self.convert(lambda directory: None)

    def test_only_what_is_named_stays(self):
        directory = self.folder / "made"
        (directory / "saved").mkdir(parents=True)
        for name in ("model", "saved/part", "converter.log", "source"):
            (directory / name).write_text(name)
        (directory / "link").symlink_to(directory / "saved")
        keep_only(directory, "model")
        self.assertEqual(sorted(path.name for path in directory.iterdir()), ["converter.log", "model"])


if __name__ == "__main__":
    unittest.main()
