#!/usr/bin/env python3
"""Runs over three test phones in parallel while random faults happen to them, and counts the records: each must come
home exactly once or be reported as missing. Prints one line a run and the sum; exit code 0: nothing was lost, 1:
something was.

scripts/device/fault_test.py [--runs 50] [--seed N]

Needs what tests/device/fetch_daemons.sh unpacks (build/device-daemons).
"""

import argparse
import json
import pathlib
import random
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "device"))

import adb_case  # noqa: E402
import phone  # noqa: E402
import rooms  # noqa: E402
from driver_case import DONE, FAILED  # noqa: E402

CASES = 8
TRIES = 12


def faults(device, randomness, ended):
    """What happens to a phone during one run: a few faults at random times. Returns their names."""
    happened = []

    def cable():
        device.cable.pull_out()
        ended.wait(randomness.uniform(0.1, 2.0))
        device.cable.plug_in()

    def daemon():
        device.kill_daemon()
        ended.wait(randomness.uniform(0.1, 1.0))
        device.restart_daemon()

    def full():
        device.fill_up()
        ended.wait(randomness.uniform(0.3, 1.0))
        device.make_room()

    def killed():
        device.kill("/cache/" if randomness.random() < 0.5 else "agent-")

    kinds = {"cable": cable, "daemon": daemon, "reboot": device.reboot, "full": full, "killed": killed}
    for _ in range(randomness.randint(1, 3)):
        if ended.wait(randomness.uniform(0.3, 2.0)):
            break
        name = randomness.choice(sorted(kinds))
        happened.append(name)
        kinds[name]()
    return happened


class FaultyRuns(adb_case.AdbCase):
    """Borrows the tests' way of starting the driver."""

    def runTest(self):
        pass

    def one_run(self, device, number, seed):
        """Runs until the driver says 0 or 1 with everything accounted for. Returns (lost, twice, missing, line)."""
        randomness = random.Random(seed)
        for name in ("crash_at", "hang_at"):
            (device.facts / name).unlink(missing_ok=True)
        if randomness.random() < 0.3:
            device.fact("crash_at", randomness.randint(1, CASES))
        out = self.directory / f"run {number}"
        ended = threading.Event()
        happened = []
        trouble = threading.Thread(target=lambda: happened.extend(faults(device, randomness, ended)))
        trouble.start()
        codes = []
        while len(codes) < TRIES:
            run = self.run_on(device, out=out, options=["--patience", "5", "--stall", "20"], host=f"host {device.name}")
            finished = self.finish(run)
            codes.append(finished.code)
            if codes[-1] in (DONE, FAILED) and not self.missing(out):
                break
            time.sleep(0.3)
        ended.set()
        trouble.join()
        found = self.records(out)
        missing = self.missing(out)
        twice = sum(len(statuses) > 1 for statuses in found.values())
        # The driver's last word: every case is at home or is named, and it did not say 0 without having all.
        lost = CASES - len(found) - len(missing)
        if codes[-1] == DONE and len(found) != CASES:
            lost = max(lost, CASES - len(found))
        failed = sum(statuses == ["failed"] for statuses in found.values())
        line = f"run {number:3} {device.name}: {len(found)} home ({failed} failed), {len(missing)} missing, exit codes {codes}, {happened}"
        if lost > 0 or twice or missing:
            line += "\n" + finished.stderr
        return max(lost, 0), twice, len(missing), line

    def missing(self, out):
        try:
            return json.loads((out / "device.json").read_text()).get("missing_cases", ["?"] * CASES)
        except (OSError, ValueError):
            return ["?"] * CASES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    adb_case.AdbCase.daemons = rooms.daemons_or_skip(ROOT / "build/device-daemons")
    adb_case.AdbCase.room = rooms.enter(ROOT / "build/device-rooms/faults")
    FaultyRuns.setUpClass()
    bench = FaultyRuns()
    bench.setUp()
    devices = [bench.make_phone(f"phone {number}", size_mib=16) for number in range(3)]
    for device in devices:
        device.fact("cases", CASES)
        device.fact("case_s", 0.3)
    numbers = iter(range(arguments.runs))
    lock = threading.Lock()
    totals = {"runs": 0, "lost": 0, "twice": 0, "missing": 0}

    def serve(device):
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            lost, twice, missing, line = bench.one_run(device, number, arguments.seed * 1000 + number)
            with lock:
                totals["runs"] += 1
                totals["lost"] += lost
                totals["twice"] += twice
                totals["missing"] += missing
                print(line, flush=True)

    threads = [threading.Thread(target=serve, args=(device,)) for device in devices]
    began_s = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.doCleanups()
    FaultyRuns.tearDownClass()
    print(
        f"{totals['runs']} runs of {CASES} cases on 3 phones (seed {arguments.seed}) in {time.monotonic() - began_s:.0f} s: "
        f"{totals['lost']} records lost, {totals['twice']} twice, {totals['missing']} reported missing"
    )
    return 0 if totals["runs"] == arguments.runs and totals["lost"] == totals["twice"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
