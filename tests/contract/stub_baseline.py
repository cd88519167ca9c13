"""A baseline that doubles its input, or fails in the way that its argument names."""

import array
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "baselines"))
import conversion  # noqa: E402
import hetscope_baseline  # noqa: E402
from hetscope_baseline import Baseline, Skipped, Unsupported, serve  # noqa: E402

HOW = sys.argv.pop(1)


class Stub(Baseline):
    name = "stub"

    def load(self, request):
        if HOW == "crash_load":
            os.abort()
        if HOW == "hang_load":
            time.sleep(1000)
        if HOW == "exit_load":
            print("no model for me", file=sys.stderr, flush=True)
            os._exit(3)
        if HOW == "throw_load":
            raise ValueError("unknown operator 'Frobnicate'")
        if HOW == "unsupported":
            raise Unsupported("no operator Frobnicate")
        if HOW == "conversion":
            conversion.converted(request, "falseconvert", "1", lambda directory: conversion.run_converter(
                ["false"], directory))
        if HOW == "missing":
            raise Skipped("its converter is not installed")
        if HOW == "chatter":
            print("this framework greets on standard output")
            os.write(1, b"and past python's buffers\n")
        with open(request.inputs[0].path, "rb") as file:
            self.x = array.array("f", file.read())
        self.y = None
        return {"pid": str(os.getpid())}

    def run(self):
        if HOW == "crash_run":
            os.abort()
        if HOW == "hang_run" and self.y is not None:
            time.sleep(1000)
        if HOW == "throw_run":
            raise ValueError("no more memory for you")
        self.y = array.array("f", (2 * v for v in self.x))

    def outputs(self):
        y = self.y
        if HOW == "nan":
            y[1] = float("nan")
        if HOW == "wrong":
            y[1] += 1
        if HOW == "zero":
            y = array.array("f", [0.0] * len(y))
        if HOW == "two_outputs":
            return [("y", "f32", [1, len(y)], y.tobytes())] * 2
        if HOW == "shape":
            return [("y", "f32", [len(y) + 1], y.tobytes())]
        data = y.tobytes()
        return [("y", "f32", [1, len(y)], data[:-4] if HOW == "short" else data)]

    def evidence(self):
        return {"placement": [{"requested": "cpu", "actual": "cpu", "evidence": "a stub says so"}],
                "metrics": {"optimised_operators": {"value": 1, "unit": "1"}}, "notes": {"kind": "stub"}}


# Faults of the protocol itself: what would have been said is changed on its way out.
say = hetscope_baseline._Channel.say


def said(self, **message):
    if HOW == "garbage" and message["answer"] == "samples":
        while True:
            self._out.write("\x00\x01 no answer " * 1000 + "\n")
    if HOW == "endless_line" and message["answer"] == "samples":
        while True:
            self._out.write("{" * 100000)
    if HOW == "fewer" and message["answer"] == "samples":
        message["ns"] = message["ns"][1:]
    if HOW == "boaster" and message["answer"] == "samples":
        message["ns"] = [60_000_000_000 for _ in message["ns"]]
    if HOW == "negative" and message["answer"] == "samples":
        message["ns"] = [-1 for _ in message["ns"]]
    if HOW == "off_topic" and message["answer"] == "samples":
        message = {"answer": "ready"}
    if HOW in ("outside", "link") and message["answer"] == "report":
        path = message["outputs"][0]["path"]
        if HOW == "outside":
            message["outputs"][0]["path"] = "/proc/self/mem"
        else:
            os.remove(path)
            os.symlink("/dev/zero", path)
    if HOW == "silent_end" and message["answer"] == "samples":
        os._exit(0)
    if HOW == "closes" and message["answer"] == "samples":
        self._out.close()
        time.sleep(1000)
    say(self, **message)


hetscope_baseline._Channel.say = said
if HOW == "no_receipt" and sys.argv[1:] == ["--version"]:
    print("stub, version one")
    sys.exit(0)
serve(Stub())
