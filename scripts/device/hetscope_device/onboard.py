"""One page about a new device: what works, what does not and what would mend it, how long each scenario takes here, how
noisy the device is, and whether it is fit to measure. Everything on it was asked of the device; nothing is assumed."""

import json
import pathlib
import re

from hetscope_device import qualification, state
from hetscope_device.clock import Interrupted
from hetscope_device.errors import DriverError
from hetscope_device.push import check_architecture, check_starts, push_missing, stage
from hetscope_device.scenario_files import FileToPush, collect
from hetscope_device.shell_check import check_shell
from hetscope_device.words import command, printable

PAGE = "onboard.md"
# How lines of `devices` and `doctor` begin that say what is not as it should be, and what that weighs; what is indented
# belongs to them.
_NOT_WELL = re.compile(r"(missing|warning|wrong|BAD)\s")
_WEIGHTS = {"missing": "well", "warning": "warning", "wrong": "wrong", "BAD": "wrong"}
_SCENARIO = re.compile(r"scenarios/(smoke|curated)/[A-Za-z0-9_/.-]+\.json")


class Request:
    """`out` is the folder (pathlib.Path) for the page and, with `is_qualified`, the measured noise."""

    def __init__(self, binary, scenarios, out, is_qualified=False):
        self.program = FileToPush(binary, None)
        self.scenarios = list(scenarios)
        self.out = pathlib.Path(out)
        self.is_qualified = is_qualified


def _ask_program(device, program, *words, timeout_s=120.0):
    """(status, lines) of `hetscope WORDS` on the device."""
    result = device.shell(
        f"cd {command(device.root)} && " + command(f"{device.root}/cache/{program.sha256}", *words), timeout_s
    )
    return result.status, [printable(line) for line in result.text.splitlines()]


def _system(now):
    properties = now.get("properties", {})
    rows = [
        ("system", now.get("uname", "")),
        (
            "model",
            " ".join(filter(None, (properties.get("ro.product.manufacturer"), properties.get("ro.product.model")))),
        ),
        ("SoC", " ".join(filter(None, (properties.get("ro.soc.manufacturer"), properties.get("ro.soc.model"))))),
        ("build", properties.get("ro.build.fingerprint", "")),
        ("GPU", now.get("gles", "")),
        ("OpenCL libraries", ", ".join(now.get("opencl_libraries", []))),
        ("launched as", now.get("launch", {}).get("id", "")),
        (
            "governors",
            ", ".join(sorted({value for name, value in now.get("cpufreq", {}).items() if name.endswith("governor")})),
        ),
        ("temperature", json.dumps(now.get("temperature", {}))),
        ("battery", json.dumps(now.get("battery", {}))),
    ]
    return [f"| {name} | {printable(value) or 'cannot be read'} |" for name, value in rows]


class _Findings:
    """What was asked, parted into what works and what does not; `worst` is well, warning or wrong."""

    def __init__(self):
        self.works = []
        self.does_not = []
        self.worst = "well"

    def add(self, lines):
        target = self.works
        for line in lines:
            if not line.startswith(" "):
                found = _NOT_WELL.match(line)
                target = self.does_not if found else self.works
                if found:
                    self.weigh(_WEIGHTS[found.group(1)])
            target.append(line)

    def weigh(self, verdict):
        self.worst = max(self.worst, verdict, key=("well", "warning", "wrong").index)


def _look(device, program):
    """Asks the shell, `devices` and `doctor`."""
    findings = _Findings()
    for check in check_shell(device):
        findings.add(check.line().splitlines())
    for word in ("devices", "doctor"):
        status, lines = _ask_program(device, program, word)
        findings.add(lines)
        if status != 0:
            findings.add([f"wrong   hetscope {word} ended with {status}"])
    return findings


def _minutes_of(device, request, token, scenario):
    """What `list --estimate` says: of a file on this host, or of a scenario that the program holds."""
    if scenario not in request.scenarios:
        status, lines = _ask_program(device, request.program, "list", "--estimate", scenario)
        return status, " ".join(lines)
    files, places = collect([scenario])
    push_missing(device, files, token, lambda line: None)
    stage(device, token, request.program, files, [], places)
    answer = device.ask("ask", token, "--estimate", timeout_s=120.0)
    return answer.status, printable(" ".join(answer.text.split()))


def _minutes(device, request, token):
    scenarios = request.scenarios
    if not scenarios:
        status, names = _ask_program(device, request.program, "--dump")
        scenarios = [name for name in names if status == 0 and _SCENARIO.fullmatch(name)]
    rows = ["| Scenario | |", "|---|---|"]
    for scenario in scenarios:
        try:
            status, said = _minutes_of(device, request, token, scenario)
            rows.append(f"| {scenario} | {said if status == 0 else 'does not run here: ' + said} |")
        except Interrupted:
            raise
        except DriverError as error:
            rows.append(f"| {scenario} | {error} |")
    return rows


def _noise(device, request, token, findings, notice):
    """The device's own noise by the program's `qualify`, which takes long."""
    if not request.is_qualified:
        return ["Not measured. `onboard --qualify` measures it: some minutes for each processor."]
    try:
        measured = qualification.measure(device, request.program, token, request.out / "qualification", notice)
    except Interrupted:
        raise
    except DriverError as error:
        findings.weigh("wrong")
        return [f"Could not be measured: {error}"]
    if measured.get("verdict") != "QUALIFIED":
        findings.weigh("wrong" if measured.get("verdict") == "REJECTED" else "warning")
    return [*qualification.noise_table(measured), "", *qualification.verdict_lines(measured)]


def write_page(device, token, request, notice):
    """Asks the device everything and writes the page; True when nothing is wrong. The device is locked by `token`."""
    check_architecture(request.program.path, device.machine, device.name)
    push_missing(device, [request.program], token, notice)
    version = check_starts(device, request.program)
    system = _system(state.collect(device)[0])
    findings = _look(device, request.program)
    minutes = _minutes(device, request, token)
    noise = _noise(device, request, token, findings, notice)
    said = {
        "well": "Fit: nothing is in the way.",
        "warning": "Usable: the warnings above limit what its numbers say.",
        "wrong": "Not fit: mend first what is marked `wrong` or `BAD` above, or is rejected.",
    }[findings.worst]
    sections = [
        f"# {printable(device.name)}", "", f"{printable(version)} in `{device.root}`.", "", "| | |", "|---|---|", *system,
        "", "## What works", "", "```", *findings.works, "```",
        "", "## What does not, and what would mend it", "", "```", *(findings.does_not or ["nothing was found"]), "```",
        "", "## How long it takes here", "", *minutes,
        "", "## Noise", "", *noise,
        "", "## Verdict", "", said, "",
    ]  # fmt: skip
    with open(request.out / PAGE, "w", encoding="utf-8") as stream:
        stream.write("\n".join(sections))
    return findings.worst != "wrong"
