"""Brings a run's files onto the device: each content once, ever; then lays them out for one run."""

import pathlib
import struct
import tempfile

from hetscope_device import lock, quirks
from hetscope_device.errors import DeviceSick, Failed
from hetscope_device.scenario_files import FileToPush
from hetscope_device.words import command

# Two such scripts fit into the 4096 bytes of an old daemon's command, quotes included.
_INLINE_BYTES = 1000
# ELF's e_machine by what `uname -m` calls it.
_MACHINES = {
    3: ("i386", "i686", "x86_64"),
    40: ("armv7l", "armv8l", "aarch64"),
    62: ("x86_64",),
    183: ("aarch64", "arm64"),
    243: ("riscv64",),
}
_NAMES = {3: "x86", 40: "32-bit arm", 62: "x86-64", 183: "arm64", 243: "riscv64"}


def check_architecture(program, machine, device_name):
    """Refuses a program that this device cannot run; a script or an unknown machine is left to the device's
    judgement."""
    with open(program, "rb") as stream:
        head = stream.read(20)
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return
    code = struct.unpack("<H" if head[5] == 1 else ">H", head[18:20])[0]
    if machine and code in _MACHINES and machine not in _MACHINES[code]:
        raise Failed(
            f"{device_name}: {program} is for {_NAMES[code]}, the device is {machine}",
            "name a build for it: --binary PATH",
        )


def push_missing(device, files, run_id, notice):
    """Pushes what the device's cache lacks. Returns the number of bytes. A full device is cleaned up once. Copying may
    take longer than the lease of `run_id`, which is renewed."""
    before = device.pushed_bytes
    wanted = {file.sha256: file for file in files}
    # In portions, because an old daemon takes no long command.
    hashes = list(wanted)
    there = set()
    for start in range(0, len(hashes), 10):
        there |= set(device.ask("cached", *hashes[start : start + 10], timeout_s=120.0).lists.get("cached", []))
    for sha256, file in wanted.items():
        if sha256 in there:
            continue
        try:
            device.push_to_cache(file.path, sha256, run_id)
        except DeviceSick as error:
            if getattr(error, "quirk", "") != "device_full":
                raise
            notice("the device is full; removing files that this run does not need")
            device.ask("evict", *wanted)
            device.push_to_cache(file.path, sha256, run_id)
        lock.hold(device, run_id)
    return device.pushed_bytes - before


def stage(device, run_id, program, files, hetscope_words, scenario_places):
    """Lays the run's files out and writes the two scripts that the agent reads; every word in them is quoted here."""
    places = "".join(command("place", file.sha256, file.place) + " || return 1\n" for file in files)
    binary = command(f"{device.root}/cache/{program.sha256}")
    scenarios = command("--", *(f"in/{place}" for place in scenario_places)) if scenario_places else ""
    launch = (
        f'launch() {{ exec {binary} run --out out {command(*hetscope_words)} "$@" {scenarios}; }}\n'
        f'ask() {{ {binary} list {command(*list_words(hetscope_words))} "$@" {scenarios}; }}\n'
    )
    scripts = _scripts(device, run_id, {"stage.sh": places, "launch.sh": launch})
    answer = device.ask_all(*scripts, ("stage", run_id))
    if answer.get("staged") != "yes":
        raise quirks.error_for("storage", answer.text, device.name, DeviceSick)


def stage_command(device, run_id, program, words):
    """The same for another command of the program than `run`: it has no files but its output in `out`."""
    launch = "launch() { exec " + command(f"{device.root}/cache/{program.sha256}", *words) + "; }\n"
    answer = device.ask_all(*_scripts(device, run_id, {"launch.sh": launch}))
    if answer.get("installed") != "launch.sh":
        raise quirks.error_for("storage", answer.text, device.name, DeviceSick)


def _scripts(device, run_id, contents):
    """The questions that put a run's scripts in place: a short one is part of its question, a long one is pushed."""
    questions = []
    with tempfile.TemporaryDirectory(prefix="hetscope-device-") as directory:
        for name, content in contents.items():
            path = pathlib.Path(directory, name)
            path.write_bytes(content.encode("utf-8", "surrogateescape"))
            script = FileToPush(path, None)
            if len(content) <= _INLINE_BYTES:
                questions.append(("write", run_id, script.sha256, name, content))
            else:
                device.push_to_cache(path, script.sha256, run_id)
                questions.append(("install", run_id, script.sha256, name))
    return questions


def list_words(hetscope_words):
    """Of the words for `hetscope run` those that `hetscope list` has, too."""
    kept, words = [], iter(hetscope_words)
    for word in words:
        if word in ("--filter", "--processor", "--case"):
            kept += [word, next(words)]
        elif word == "--no-roofs":
            kept.append(word)
        elif word in ("--meter", "--budget"):
            next(words)
    return kept


def check_starts(device, program):
    """Runs `hetscope --version` there. Raises what the shell's complaint stands for."""
    result = device.shell(command(f"{device.root}/cache/{program.sha256}", "--version"), 60.0)
    if result.status == 0:
        return result.text.strip()
    for where in ("start", "storage"):
        if quirks.find(where, result.text) is not None:
            raise quirks.error_for(where, result.text, device.name, Failed)
    raise Failed(f"{device.name}: hetscope --version ended with {result.status}: {result.text.strip()[:200]}")
