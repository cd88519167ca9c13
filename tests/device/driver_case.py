"""What the tests of the driver share: starting it as a user does, a scenario to name, and reading what came home."""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
DRIVER = HERE.parents[1] / "scripts" / "device"
STUB = HERE / "stub_hetscope.sh"
sys.path.insert(0, str(DRIVER))

DONE, FAILED, USAGE, TRY_AGAIN, SICK = 0, 1, 2, 75, 76
LIMIT_S = 60


class Finished:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def __str__(self):
        return f"exit code {self.code}\n{self.stdout}\n{self.stderr}"


class DriverCase(unittest.TestCase):
    """`self.directory` is this test's own and has a blank in its name; `self.out` is in it."""

    room = None  # where directories are made

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="driver test ", dir=self.room))
        if self.room is None:  # a room goes away as a whole, with whatever is mounted in it
            self.addCleanup(shutil.rmtree, self.directory)
        self.out = self.directory / "out"

    def environment(self, host="host"):
        """A host's own view: the locks, the cache, nothing of the tester's settings."""
        runtime = self.directory / host
        runtime.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {
            **kept,
            "HOME": str(runtime),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONPATH": str(DRIVER),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONFAULTHANDLER": "1",
            "HETSCOPE_STUB_FACTS": str(self.directory),
        }

    def scenario(self, name="a scenario.json"):
        path = self.directory / name
        path.write_text(json.dumps({"schema": "hetscope/scenario/1", "name": "test"}))
        return str(path)

    def start(self, *words, host="host", **changes):
        """Popen of the driver."""
        process = subprocess.Popen(
            [sys.executable, "-m", "hetscope_device", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environment(host), **changes},
            cwd=self.directory,
            start_new_session=True,
        )
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdout, process.stderr):
            stream.close()

    @staticmethod
    def finish(process):
        try:
            stdout, stderr = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # it then says where each thread stands
            stdout, stderr = process.communicate(timeout=LIMIT_S)
        return Finished(process.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))

    @staticmethod
    def wait_until_said(process, word):
        """Until the driver has written `word`; what it has written so far is not in what `finish` returns."""
        said = b""
        while word.encode() not in said:
            ready, _, _ = select.select([process.stderr], [], [], LIMIT_S)
            # By the descriptor, because what a buffered reader holds is lost to communicate().
            piece = os.read(process.stderr.fileno(), 65536) if ready else b""
            if not piece:
                raise AssertionError(f"the driver did not say {word!r} but {said.decode('utf-8', 'replace')!r}")
            said += piece

    def driver(self, *words, **options):
        return self.finish(self.start(*words, **options))

    def records(self, out=None):
        """{case: [status]} of what is at home, whole lines only."""
        found = {}
        path = (out or self.out) / "records.jsonl"
        for line in path.read_text().splitlines(keepends=True) if path.exists() else []:
            if not line.endswith("\n"):
                continue
            record = json.loads(line)
            found.setdefault(record["case"], []).append(record["status"])
        return found

    def device_record(self, out=None):
        return json.loads(((out or self.out) / "device.json").read_text())

    def assert_ended(self, finished, code, *words):
        self.assertEqual(finished.code, code, str(finished))
        for word in words:
            self.assertIn(word, finished.stdout + finished.stderr)
        self.assertNotIn("Traceback", finished.stderr)

    def assert_all_home(self, cases=4, failed=0, out=None):
        """Every case of the stub has arrived exactly once, `failed` of them as failed."""
        found = self.records(out)
        self.assertEqual(len(found), cases, found)
        self.assertTrue(all(len(statuses) == 1 for statuses in found.values()), found)
        self.assertEqual(sum(statuses == ["failed"] for statuses in found.values()), failed, found)
