"""One page about a new device: what works, what does not and what would mend it, how long each scenario takes here, how
noisy the device is, and whether it is fit to measure. Everything on it was asked of the device; nothing is assumed."""

import json
import uuid

from hetscope_device import state
from hetscope_device.errors import DriverError
from hetscope_device.push import check_architecture, check_starts, push_missing, stage
from hetscope_device.scenario_files import FileToPush, collect
from hetscope_device.shell_check import check_shell
from hetscope_device.words import command, printable


def _ask_program(device, program, *words, timeout_s=120.0):
    """(status, text) of `hetscope WORDS` on the device."""
    result = device.shell(
        f"cd {command(device.root)} && " + command(f"{device.root}/cache/{program.sha256}", *words), timeout_s
    )
    return result.status, "\n".join(printable(line) for line in result.text.splitlines())


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


def _minutes(device, program, scenarios, token):
    lines = []
    for scenario in scenarios:
        try:
            files, places = collect([scenario])
            push_missing(device, files, token, lambda line: None)
            stage(device, token, program, files, [], places)
            answer = device.ask("ask", token, "--estimate", timeout_s=120.0)
            said = printable(" ".join(answer.text.split()))
            lines.append(f"| {scenario} | {said if answer.status == 0 else 'does not run here: ' + said} |")
        except DriverError as error:
            lines.append(f"| {scenario} | {error} |")
    return lines


def _qualification(device, program, token, is_wanted):
    """The device's own noise, by the program's `qualify`, which takes long."""
    if not is_wanted:
        return "Not measured. `--qualify` measures it, processor by processor; that takes an hour or so and needs the link all the while."
    out = f"{device.root}/runs/{token}/qualify"
    status, text = _ask_program(device, program, "qualify", "--launches", "8", "--out", out, timeout_s=4 * 3600.0)
    return f"`hetscope qualify` ended with {status}:\n\n```\n{text}\n```"


def write_page(device, binary, scenarios, path, notice, is_qualified=False):
    """Asks the device everything and writes the page; True when nothing is wrong."""
    token = "onboard-" + uuid.uuid4().hex[:12]
    checks = check_shell(device)
    program = FileToPush(binary, None)
    check_architecture(binary, device.machine, device.name)
    push_missing(device, [program], token, notice)
    version = check_starts(device, program)
    sections = [
        f"# {printable(device.name)}",
        "",
        f"{version} in `{device.root}`.",
        "",
        "| | |",
        "|---|---|",
        *_system(state.collect(device)[0]),
        "",
        "## The shell",
        "",
        "```",
        *(check.line() for check in checks),
        "```",
        "",
    ]
    verdicts = {check.verdict for check in checks}
    for title, words in (("Processors and meters", ("devices",)), ("Fit to measure?", ("doctor",))):
        status, text = _ask_program(device, program, *words)
        sections += [
            f"## {title}",
            "",
            f"`hetscope {' '.join(words)}` ended with {status}:",
            "",
            "```",
            text,
            "```",
            "",
        ]
        if status != 0:
            verdicts.add("wrong")
    if scenarios:
        sections += [
            "## How long it takes here",
            "",
            "| Scenario | |",
            "|---|---|",
            *_minutes(device, program, scenarios, token),
            "",
        ]
    sections += ["## Noise", "", _qualification(device, program, token, is_qualified), ""]
    verdict = "wrong" if "wrong" in verdicts else "warning" if "warning" in verdicts else "well"
    said = {
        "well": "Fit: nothing is in the way.",
        "warning": "Usable: the warnings above limit what its numbers say.",
        "wrong": "Not fit: mend first what is marked `wrong` above.",
    }[verdict]
    sections += ["## Verdict", "", said, ""]
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("\n".join(sections))
    device.ask("forget", token)
    return verdict != "wrong"
