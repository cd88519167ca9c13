"""hetscope-device: the command line. Exit codes are for a scheduler: 0 done, 1 failed, 2 wrong usage, 75 try again, 76
device sick."""

import argparse
import json
import os
import pathlib
import re
import signal
import sys
import threading
import uuid

from hetscope_device import __version__, lock, onboard, preparation, shell_check, state
from hetscope_device.clock import Clock
from hetscope_device.detached_run import Limits
from hetscope_device.device import Device
from hetscope_device.errors import DEVICE_SICK_CODE, DONE, FAILED, TRY_AGAIN_CODE, USAGE, DriverError, WrongUsage
from hetscope_device.run import RunRequest, Session
from hetscope_device.temperature_gate import Gate
from hetscope_device.transport_adb import AdbTransport, find_adb, list_devices, only_device
from hetscope_device.transport_local import LocalTransport
from hetscope_device.transport_ssh import SshTransport
from hetscope_device.words import printable

# Of several devices' exit codes the one that most needs somebody.
_WORST_FIRST = (USAGE, DEVICE_SICK_CODE, FAILED, TRY_AGAIN_CODE, DONE)
_EPILOG = "Exit codes: 0 done, 1 failed, 2 wrong usage, 75 try again later, 76 the device needs a hand."


def _positive(text):
    value = float(text)
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds or degrees")
    return value


def make_parser():
    parser = argparse.ArgumentParser(
        prog="hetscope-device",
        description="Runs hetscope on phones and boards and brings every record home.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name, text):
        command = commands.add_parser(name, help=text, description=text, epilog=_EPILOG)
        command.add_argument("--adb", metavar="PATH", help="the adb program (default: $ADB, then the PATH)")
        if name != "list":
            command.add_argument(
                "--device",
                action="append",
                metavar="SERIAL|ssh:HOST|local",
                help="which device; may be repeated; default: the only one that adb sees",
            )
            command.add_argument(
                "--ssh-option", action="append", default=[], metavar="OPTION", help="passed to ssh as -o OPTION"
            )
            command.add_argument(
                "--remote-root", metavar="DIR", help="directory on the device; default: the first that can run programs"
            )
            command.add_argument(
                "--patience",
                type=_positive,
                default=120.0,
                metavar="S",
                help="how long a lost link is waited for (120)",
            )
        return command

    add("list", "the devices that adb sees, and this machine")
    info = add("info", "what a device says about itself")
    info.add_argument("--json", action="store_true")
    page = add("onboard", "one page about a new device: what works, what does not, how long things take")
    page.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="how long these take (default: those that the program holds)"
    )
    page.add_argument(
        "--binary",
        default=os.environ.get("HETSCOPE_BINARY"),
        help="hetscope for the device (default: $HETSCOPE_BINARY)",
    )
    page.add_argument("--out", required=True, metavar="DIR", help="where onboard.md goes")
    page.add_argument("--qualify", action="store_true", help="measure the device's own noise, too: some minutes for each processor; survives a lost link")
    run = add(
        "run", "measure scenarios on one or more devices; the same command again goes on with what is not finished"
    )
    run.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    run.add_argument(
        "--out", required=True, metavar="DIR", help="where the records go; with several devices a folder each"
    )
    run.add_argument(
        "--binary",
        default=os.environ.get("HETSCOPE_BINARY"),
        help="hetscope for the device (default: $HETSCOPE_BINARY)",
    )
    for option in ("--case", "--processor"):
        run.add_argument(option, action="append", default=[], help="as for hetscope run; may be repeated")
    for option in ("--filter", "--meter", "--budget"):
        run.add_argument(option, help="as for hetscope run")
    run.add_argument("--no-roofs", action="store_true", help="as for hetscope run")
    run.add_argument(
        "--prepare",
        action="append",
        default=[],
        choices=preparation.ITEMS,
        help="a setting for the time of the run; put back after it",
    )
    run.add_argument(
        "--cool-to", type=_positive, default=38.0, metavar="C", help="battery temperature to wait for (38)"
    )
    run.add_argument(
        "--cool-zone-to", type=_positive, default=65.0, metavar="C", help="the same for a board's hottest zone (65)"
    )
    run.add_argument(
        "--cool-timeout", type=_positive, default=600.0, metavar="S", help="how long to wait (600); then exit code 75"
    )
    run.add_argument("--no-gate", action="store_true", help="measure at any temperature")
    run.add_argument(
        "--timeout", type=_positive, default=0.0, metavar="S", help="stop a run after this long (0: never)"
    )
    run.add_argument(
        "--stall",
        type=_positive,
        default=900.0,
        metavar="S",
        help="stop a run that makes no progress for this long (900)",
    )
    run.add_argument(
        "--poll", type=_positive, default=2.0, metavar="S", help="longest time between two looks at a run (2)"
    )
    run.add_argument("--keep", action="store_true", help="leave the finished run's files on the device")
    check = add("shell-check", "does this device's shell do what the driver needs?")
    check.add_argument(
        "--bundle",
        nargs="?",
        const="hetscope-shell-check.tar.gz",
        metavar="FILE",
        help="write a redacted tar for a bug report",
    )
    clean = add("clean", "remove the driver's files from a device")
    clean.add_argument("--all", action="store_true", help="also runs that are not all at home")
    return parser


def make_transport(name, arguments):
    if name == "local":
        return LocalTransport()
    if name.startswith("ssh:"):
        return SshTransport(name[len("ssh:") :], arguments.ssh_option)
    if not name or name.startswith("-") or re.search(r"[\s\0]", name):
        raise WrongUsage(f"{name!r} is no serial number", "see hetscope-device list")
    return AdbTransport(name, find_adb(arguments.adb))


def choose_devices(arguments):
    """The names asked for, or the only device there is."""
    if arguments.device:
        if len(set(arguments.device)) != len(arguments.device):
            raise WrongUsage("a device is named twice")
        return arguments.device
    return [only_device(find_adb(arguments.adb))]


def folder_of(name):
    """A device's folder below --out: its name as far as a file system likes it, made unique."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "device"
    return plain if plain == name else f"{plain}-{uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:6]}"


class Console:
    """Lines of several devices at once, whole, each with its device's name."""

    def __init__(self, names):
        self._lock = threading.Lock()
        self._width = max(map(len, names)) if len(names) > 1 else 0

    def notice_of(self, name):
        prefix = f"{printable(name):{self._width}} " if self._width else ""
        return lambda line: self._write(f"{prefix}{printable(line)}")

    def _write(self, line):
        with self._lock:
            print(line, file=sys.stderr, flush=True)


def command_list(arguments):
    try:
        for serial, status, rest in list_devices(find_adb(arguments.adb)):
            print(f"{printable(serial)}\t{status}\t{printable(rest)}")
    except WrongUsage as error:
        print(f"hetscope-device: {error}", file=sys.stderr)
    print("local\tdevice\tthis machine")
    return DONE


def command_info(device, arguments, _):
    device.open()
    now, _ = state.collect(device)
    if arguments.json:
        print(json.dumps(now, indent=2, sort_keys=True))
        return DONE
    for name, value in now.items():
        text = ", ".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else value
        print(f"{name:18}{printable(str(text if text not in (None, '', []) else 'cannot be read'))}")
    return DONE


def _locked(device, action):
    """`action(token)` while the device is this session's; what it has put below the token's name goes with the lock."""
    token = "hs-" + uuid.uuid4().hex
    with lock.host_lock(device.transport.identity, device.name):
        device.open()
        lock.lock_device(device, token, lambda line: None)
        try:
            return action(token)
        finally:
            device.clock.shield()
            lock.unlock_device(device, token, "forget")


def command_onboard(device, arguments, notice):
    if not arguments.binary or not os.path.isfile(arguments.binary):
        raise WrongUsage("no program to onboard with", "--binary PATH of a hetscope built for the device")
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    request = onboard.Request(arguments.binary, arguments.scenarios, out, arguments.qualify)
    fit = _locked(device, lambda token: onboard.write_page(device, token, request, notice))
    notice(f"{out / onboard.PAGE} is written")
    return DONE if fit else FAILED


def command_shell_check(device, arguments, notice):
    device.open()
    checks = shell_check.check_shell(device)
    for check in checks:
        print(check.line())
    if arguments.bundle:
        listing = ""
        if device.transport.kind == "adb":
            listing = "\n".join("\t".join(row) for row in list_devices(find_adb(arguments.adb)))
        shell_check.write_bundle(arguments.bundle, device, checks, listing)
        notice(f"{arguments.bundle} is written; look at it before you send it")
    return FAILED if any(check.verdict == "wrong" for check in checks) else DONE


def command_clean(device, arguments, notice):
    def clean(_):
        found = device.ask("clean", "all" if arguments.all else "", timeout_s=120.0).lists
        notice(f"removed {len(found.get('removed', []))} files and runs from {device.root}")
        if found.get("spared"):
            notice(f"left {len(found['spared'])} unfinished runs (their own commands go on with them; clean --all)")
        return DONE

    return _locked(device, clean)


def run_words(arguments):
    words = []
    for option in ("case", "processor"):
        for value in getattr(arguments, option):
            words += [f"--{option}", value]
    for option in ("filter", "meter", "budget"):
        if getattr(arguments, option) is not None:
            words += [f"--{option}", getattr(arguments, option)]
    return words + (["--no-roofs"] if arguments.no_roofs else [])


def make_run(arguments, names):
    """A function that runs the request on one of the devices."""
    if not arguments.binary:
        raise WrongUsage("no program to run", "--binary PATH of a hetscope built for the device, or $HETSCOPE_BINARY")
    first = RunRequest(
        arguments.binary, arguments.scenarios, run_words(arguments), arguments.out, arguments.prepare, arguments.keep
    )
    first.load()

    def run(device, _, notice):
        preparation.check(arguments.prepare, device.transport)
        out = pathlib.Path(arguments.out) / folder_of(device.name) if len(names) > 1 else pathlib.Path(arguments.out)
        limits = Limits(poll_s=max(arguments.poll, 0.05), stall_s=arguments.stall, timeout_s=arguments.timeout)
        gate = Gate(arguments.cool_to, arguments.cool_zone_to, arguments.cool_timeout, arguments.no_gate)
        return Session(device, first.into(out), limits, gate, notice, notice).execute()

    return run


def on_device(name, arguments, action, clock, notice):
    """The exit code of `action` on one device; every DriverError becomes one line."""
    transport = None
    try:
        transport = make_transport(name, arguments)
        device = Device(transport, clock, arguments.patience, notice, arguments.remote_root)
        return action(device, arguments, notice)
    except DriverError as error:
        notice(f"hetscope-device: {error}")
        return error.exit_code
    except OSError as error:
        notice(f"hetscope-device: {error}")
        return FAILED
    finally:
        if transport is not None:
            transport.close()


def on_devices(names, arguments, action):
    """Each device in a thread of its own. A signal ends all of them, each after it has put its device back."""
    interruption = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, lambda *_: interruption.set())
    console = Console(names)
    codes = {}

    def work(name):
        codes[name] = FAILED  # should the thread die of a bug, this stands
        codes[name] = on_device(name, arguments, action, Clock(interruption), console.notice_of(name))

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.05)
    return next(code for code in _WORST_FIRST if code in codes.values())


def main(words=None):
    arguments = make_parser().parse_args(words)
    try:
        if arguments.command == "list":
            return command_list(arguments)
        names = choose_devices(arguments)
        actions = {
            "info": command_info,
            "onboard": command_onboard,
            "shell-check": command_shell_check,
            "clean": command_clean,
        }
        if arguments.command != "run" and len(names) > 1:
            raise WrongUsage(f"{arguments.command} takes one device")
        action = make_run(arguments, names) if arguments.command == "run" else actions[arguments.command]
        return on_devices(names, arguments, action)
    except DriverError as error:
        print(f"hetscope-device: {error}", file=sys.stderr)
        return error.exit_code
