#!/usr/bin/env python3
"""Prints what the driver costs, measured on a test phone (tests/device/phone.py): time beyond the run itself on a warm
device, bytes that a second run pushes, and the size of the arm64 programs where they are built.

scripts/device/driver_cost.py [--runs 5]
"""

import argparse
import hashlib
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "device"))

import adb_case  # noqa: E402
import rooms  # noqa: E402
from driver_case import DONE, STUB  # noqa: E402


class WarmPhone(adb_case.AdbCase):
    """Borrows the tests' way of starting the driver."""

    def runTest(self):
        pass


def stripped_bytes(program):
    with tempfile.TemporaryDirectory() as directory:
        target = pathlib.Path(directory, "stripped")
        subprocess.run(["aarch64-linux-gnu-strip", "-o", target, program], check=True)
        return target.stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    adb_case.AdbCase.daemons = rooms.daemons_or_skip(ROOT / "build/device-daemons")
    adb_case.AdbCase.room = rooms.enter(ROOT / "build/device-rooms/numbers")
    WarmPhone.setUpClass()
    bench = WarmPhone()
    bench.setUp()
    device = bench.make_phone()
    device.fact("case_s", 0.25)
    overheads_s, pushed = [], []
    for number in range(arguments.runs + 1):
        out = bench.directory / f"out {number}"
        began_s = time.monotonic()
        finished = bench.finish(bench.run_on(device, out=out, options=["--prepare", "stay_awake"]))
        took_s = time.monotonic() - began_s
        assert finished.code == DONE, str(finished)
        pushed.append(bench.device_record(out)["pushed_bytes"])
        overheads_s.append(took_s)
    # The run itself, without a driver, on the same phone.
    program = hashlib.sha256(STUB.read_bytes()).hexdigest()
    command = f"cd /data/local/tmp && hetscope/cache/{program} run --out bare-$RANDOM -- >/dev/null 2>&1; rm -rf bare-*"
    bare_s = []
    for _ in range(arguments.runs):
        began_s = time.monotonic()
        bench.server.call("-s", device.serial, "shell", command)
        bare_s.append(time.monotonic() - began_s)
    bench.doCleanups()
    WarmPhone.tearDownClass()
    bare = statistics.median(bare_s)
    warm = statistics.median(overheads_s[1:])
    print(
        f"run itself {bare:.2f} s, by the driver on a warm phone {warm:.2f} s: {warm - bare:.2f} s beyond the run (median of {arguments.runs})"
    )
    print(
        f"pushed by the first run {pushed[0]} bytes, by the second {pushed[1]} bytes ({STUB.stat().st_size} bytes of program)"
    )
    for name in ("hetscope", "hetscope-static"):
        program = ROOT / "build/linux-arm64/bin" / name
        if program.is_file():
            print(f"{name} for arm64, stripped: {stripped_bytes(program) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
