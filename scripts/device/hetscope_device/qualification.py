"""A device's own noise: A/A launches by the program's `qualify`, detached like any run, and what they say of each
processor."""

import json

from hetscope_device.clock import Interrupted
from hetscope_device.detached_run import DetachedRun, Limits, RunGone
from hetscope_device.errors import Failed, TryAgain
from hetscope_device.pull import bring
from hetscope_device.push import stage_command
from hetscope_device.words import printable

FILE = "qualification.json"
_LAUNCHES = 8  # of each probe: one judged block
_RUNS_ONCE = Limits(restarts=0, reboots=0)  # it does not go on where it was


def measure(device, program, token, out, notice):
    """Runs it on the device and returns its verdict as JSON; the files are then in `out`. Raises DriverError."""
    stage_command(device, token, program, ("qualify", "--launches", _LAUNCHES, "--out", "out"))
    run = DetachedRun(device, token, _RUNS_ONCE, notice, notice)
    run.start()
    try:
        ended = run.follow()
    except RunGone:
        raise TryAgain(f"{device.name}: has lost the qualification's files") from None
    except Interrupted:
        device.clock.shield()
        run.stop()
        raise
    if ended.error is not None:
        raise ended.error
    return bring(device, token, out, read, ended.manifest)[0]


def read(directory):
    """qualification.json of `directory`; raises Failed when it is none."""
    try:
        value = json.loads((directory / FILE).read_text(encoding="utf-8"))
        if value["schema"] != "hetscope/qualification/1" or not isinstance(value["probes"], list):
            raise ValueError("another schema")
        for probe in value["probes"]:
            if not isinstance(probe["processor"], str):
                raise ValueError("a probe without processor")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Failed(f"{FILE} cannot be read: {error}") from None
    return value


def _number(value):
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def noise_table(qualification):
    """A Markdown table: a row a processor, with the worst of its probes."""
    rows = ["| Processor | Probes | A/A noise floor, worst probe | False verdicts |", "|---|---:|---:|---:|"]
    processors = {}
    for probe in qualification["probes"]:
        processors.setdefault(probe["processor"], []).append(probe)
    for name, probes in processors.items():
        floors = [floor for floor in (_number(probe.get("noise_floor")) for probe in probes) if floor is not None]
        noise = f"{100 * max(floors):.1f} %" if floors else "cannot be measured"
        judged = sum(_number(probe.get("judged")) or 0 for probe in probes)
        wrong = sum(_number(probe.get("false_verdicts")) or 0 for probe in probes)
        rows.append(f"| {printable(name)} | {len(probes)} | {noise} | {wrong} of {judged} |")
    return rows


def verdict_lines(qualification):
    """The verdict and its reasons, a line each."""
    reasons = qualification.get("reasons")
    lines = [f"`hetscope qualify` says {printable(str(qualification.get('verdict')))}."]
    return lines + [f"- {printable(str(reason))}" for reason in (reasons if isinstance(reasons, list) else [])]
