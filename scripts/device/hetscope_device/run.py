"""One run on one device from the first byte pushed to the last record at home. DIR/device_run.json remembers how far it
came: the same command again goes on there, whatever ended the one before."""

import copy
import hashlib
import json
import os
import pathlib
import uuid

from hetscope_device import __version__, lock, preparation, state
from hetscope_device.clock import Interrupted
from hetscope_device.detached_run import DetachedRun, RunGone
from hetscope_device.errors import DONE, FAILED, DeviceSick, DriverError, WrongUsage
from hetscope_device.pull import check, pull
from hetscope_device.push import check_architecture, check_starts, push_missing, stage
from hetscope_device.scenario_files import FileToPush, collect
from hetscope_device.temperature_gate import wait_until_cool

NOTE = "device_run.json"
RECORD = "device.json"


class RunRequest:
    """What to run: the program, scenarios, and words for `hetscope run`."""

    def __init__(self, binary, scenarios, words, out, prepare=(), keep=False):
        self.binary = binary
        self.scenarios = list(scenarios)
        self.words = list(words)
        self.out = pathlib.Path(out)
        self.prepare = list(prepare)
        self.keep = keep

    def load(self):
        """Reads all files; raises WrongUsage. Devices share the result."""
        if not self.scenarios and "--case" not in self.words:
            raise WrongUsage("nothing to run", "name scenario files, or --case LINE")
        if not os.path.isfile(self.binary):
            raise WrongUsage(f"there is no program {self.binary}", "--binary PATH of a hetscope built for the device")
        self.program = FileToPush(self.binary, None)
        self.files, self.places = collect(self.scenarios)
        content = [
            self.program.sha256,
            self.words,
            self.places,
            sorted((file.place, file.sha256) for file in self.files),
        ]
        # The place of --out is not part of what is run.
        self.fingerprint = hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def into(self, out):
        """The same request with another output directory."""
        request = copy.copy(self)
        request.out = pathlib.Path(out)
        return request


def write_json(path, value):
    """Whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=2, sort_keys=True, ensure_ascii=True)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


class RunNote:
    """DIR/device_run.json: run id, attempt, phase. Phases: new, staged, pulled."""

    def __init__(self, out, fingerprint):
        self._path = out / NOTE
        out.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            try:
                self.values = json.loads(self._path.read_text(encoding="utf-8"))
                known = self.values["schema"] == "hetscope/device-run/1" and uuid.UUID(hex=self.values["run_id"][3:])
            except (ValueError, KeyError, TypeError) as error:
                raise WrongUsage(f"{self._path} cannot be read: {error}", "name another --out") from None
            if not known or self.values["request"] != fingerprint:
                raise WrongUsage(f"{out} holds a run of another program, scenario or options", "name another --out")
        else:
            if any((out / name).exists() for name in ("run.json", "records.jsonl")):
                raise WrongUsage(f"{out} holds a run already", "name another --out")
            self.values = {
                "schema": "hetscope/device-run/1",
                "run_id": "hs-" + uuid.uuid4().hex,
                "request": fingerprint,
                "attempt": 1,
                "phase": "new",
            }
            self.save()

    @property
    def run_id(self):
        return self.values["run_id"]

    def save(self, **changes):
        self.values.update(changes)
        write_json(self._path, self.values)


def finished_before(note, request, notice):
    """The exit code of a run that is at home already, or None."""
    if note.values["phase"] != "pulled":
        return None
    home = check(request.out)
    for name, (sha256, _) in note.values.get("files", {}).items():
        path = request.out / name
        if not path.is_file() or FileToPush(path, None).sha256 != sha256:
            raise WrongUsage(f"{path} is no longer what the device sent", "name another --out")
    notice(f"this run is at home already: {home.records} records")
    return note.values.get("exit_code", DONE)


class Session:
    """One launch of the driver for one run on one device."""

    def __init__(self, device, request, limits, gate, show, notice):
        self.device = device
        self.request = request
        self.limits = limits
        self.gate = gate
        self.show = show
        self.notice = notice
        self.record = {"schema": "hetscope/device/1", "driver": __version__, "notices": []}
        self.started_s = device.clock.now_s()

    def _say(self, line):
        self.record["notices"].append(line)
        self.notice(line)

    def execute(self):
        """The exit code: DONE or FAILED. Raises DriverError for everything else, after putting the device back."""
        note = RunNote(self.request.out, self.request.fingerprint)
        before = finished_before(note, self.request, self.notice)
        if before is not None:
            return before
        with lock.host_lock(f"out:{self.request.out.resolve()}", str(self.request.out)), lock.host_lock(
            self.device.transport.identity, self.device.name
        ):
            try:
                self.device.open()
                lock.lock_device(self.device, note.run_id, self._say)
                try:
                    return self._locked(note)
                finally:
                    self._let_go(note)
            finally:
                self._write_record(note)

    def _locked(self, note):
        run = DetachedRun(
            self.device,
            note.run_id,
            self.limits,
            self.show,
            self._say,
            note.values["attempt"],
            lambda attempt: note.save(attempt=attempt),
        )
        stands = self._standing(note, run)
        try:
            if stands in ("running", "ended", "dead"):
                self._say(f"run {note.run_id} is on the device already ({stands})")
            else:
                self._begin(note, run)
            ended = self._follow(note, run)
        except Interrupted:
            if note.values["phase"] == "staged":
                self._leave(note, run)
            raise
        return self._bring_home(note, run, ended)

    def _standing(self, note, run):
        if note.values["phase"] != "staged":
            note.save(device=self.device.transport.identity)
            return "absent"
        stands = self.device.ask("poll", note.run_id, run.attempt, 0, lock.LEASE_S).get("state")
        # A phone may come back under another address; but a run is not begun on one device and finished on another.
        if note.values["device"] != self.device.transport.identity and stands == "absent":
            raise WrongUsage(
                f"{self.request.out} holds a run of {note.values['device']}", "name that device, or another --out"
            )
        return stands

    def _begin(self, note, run):
        program = self.request.program
        check_architecture(program.path, self.device.machine, self.device.name)
        pushed = push_missing(self.device, [program, *self.request.files], note.run_id, self._say)
        self.record["pushed_bytes"] = pushed
        if pushed:
            self._say(f"pushed {pushed} bytes")
        self.record["program"] = {"version": check_starts(self.device, program), "sha256": program.sha256}
        if "state_before" not in self.record:
            self.record["state_before"], reading = state.collect(self.device)
            self.record["gate"] = wait_until_cool(
                self.device, self.gate, self._say, reading, lambda: lock.hold(self.device, note.run_id)
            )
        self.record["prepared"] = preparation.prepare(self.device, note.run_id, self.request.prepare, self._say)
        stage(self.device, note.run_id, program, self.request.files, self.request.words, self.request.places)
        note.save(phase="staged")
        run.start()

    def _follow(self, note, run):
        for _ in range(1 + self.limits.reboots):
            try:
                return run.follow()
            except RunGone:
                self._say("the device no longer has the run's files; it begins anew")
                note.save(phase="new")
                lock.lock_device(self.device, note.run_id, self._say)
                self._begin(note, run)
        raise DeviceSick(
            f"{self.device.name}: loses the run's files again and again",
            "name a directory that stays: --remote-root DIR",
        )

    def _leave(self, note, run):
        self.device.clock.shield()
        try:
            run.stop()
            note.save(attempt=run.attempt + 1)
            home = pull(self.device, note.run_id, self.request.out, self._say)
            self._say(f"{home.records} finished records are at home")
        except DriverError as error:
            self._say(f"left on the device: {error}")

    def _bring_home(self, note, run, ended):
        self.device.clock.shield()
        home = pull(self.device, note.run_id, self.request.out, self._say, ended.manifest)
        missing = self._missing(note, run, ended, home)
        self.record.update(
            {
                "attempts": run.attempt,
                "status": ended.status,
                "records": home.records,
                "statuses": home.statuses,
                "missing_cases": missing,
                "faults": home.faults,
                "run_uuid": home.run_uuid,
            }
        )
        for fault in home.faults[:10]:
            self._say(fault)
        if ended.error is not None:
            # The same command begins another attempt, which goes on from the journal.
            note.save(attempt=run.attempt + 1)
            self._say(f"{home.records} records are at home, {len(missing)} cases are missing")
            raise ended.error
        code = FAILED if missing or ended.status == 1 or home.faults else DONE
        if missing:
            self._say(f"{len(missing)} cases have no record; they are named in {RECORD}")
        note.save(phase="pulled", files=home.files, exit_code=code)
        self.notice(
            f"{home.records} records: "
            + ", ".join(f"{count} {status}" for status, count in sorted(home.statuses.items()))
        )
        return code

    def _missing(self, note, run, ended, home):
        """Cases that should have a record and have none, by name."""
        missing = set(home.started - home.cases)
        complete = ended.error is None and ended.status in (0, 1) and (run.total is None or home.records >= run.total)
        if not complete or missing:
            try:
                answer = self.device.ask("ask", note.run_id, timeout_s=120.0)
                if answer.status == 0:
                    missing |= set(answer.text.splitlines()) - home.cases
                elif run.total is not None and home.records + len(missing) < run.total:
                    missing.add(f"{run.total - home.records - len(missing)} cases that were not begun")
            except DriverError as error:
                self._say(f"the device does not say which cases are missing: {error}")
        return sorted(missing)

    def _let_go(self, note):
        """The device as it was before, whatever happened."""
        self.device.clock.shield()
        if self.request.prepare:
            self.record["restored"] = preparation.restore(self.device, note.run_id, self._say)
        try:
            if "state_before" in self.record:
                self.record["state_after"], _ = state.collect(self.device)
            at_home = "keep" if self.request.keep else "forget"
            lock.unlock_device(self.device, note.run_id, at_home if note.values["phase"] == "pulled" else "")
        except DriverError as error:
            self._say(f"not cleaned up, and the lock stays until it is {lock.LEASE_S} s old: {error}")

    def _write_record(self, note):
        self.record.update(
            {
                "run_id": note.run_id,
                "transport": self.device.transport.describe(),
                "root": self.device.root,
                "links_lost": self.device.links_lost,
                "seconds": round(self.device.clock.now_s() - self.started_s, 2),
            }
        )
        write_json(self.request.out / RECORD, self.record)
