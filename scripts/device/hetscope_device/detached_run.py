"""A run that does not need the link: started on the device in a session of its own, then only looked at. It is believed
to have ended when it says so itself; when its process is gone without a word, it goes on from its journal, a bounded
number of times."""

import re

from hetscope_device import lock, quirks
from hetscope_device.errors import DeviceSick, Failed
from hetscope_device.lock import LEASE_S
from hetscope_device.words import printable

# The device is looked at often in the beginning and rarely later: each look is a process that the measurement has to
# bear.
_FIRST_POLL_S = 0.1
_POLL_GROWTH = 1.3
_START_GRACE_S = 20.0
_STATES = ("none", "starting", "running", "ended", "dead", "absent")
_PROGRESS = re.compile(r"^\[(\d+)/(\d+)\] ")


class Limits:
    def __init__(self, poll_s=2.0, stall_s=900.0, timeout_s=0.0, restarts=2, reboots=3):
        self.poll_s = poll_s
        self.stall_s = stall_s
        self.timeout_s = timeout_s
        self.restarts = restarts
        self.reboots = reboots


class Ended:
    """How it ended: the program's exit status (None when it never said one), what the driver thinks of that, and the
    Answer that lists the results."""

    def __init__(self, status, error=None, manifest=None):
        self.status = status
        self.error = error
        self.manifest = manifest


class RunGone(Exception):
    """The run's files are no longer on the device (a reboot emptied /tmp)."""


class DetachedRun:
    def __init__(
        self,
        device,
        run_id,
        limits,
        show=lambda line: None,
        notice=lambda line: None,
        attempt=1,
        remember=lambda n: None,
    ):
        self.device = device
        self.run_id = run_id
        self.attempt = attempt
        self.total = None
        self.events = []
        self._limits = limits
        self._show = show
        self._notice = notice
        self._remember = remember
        self._restarts = 0
        self._reboots = 0
        self._begin_attempt(attempt)

    def _begin_attempt(self, attempt):
        self.attempt = attempt
        self._offset = 0
        self._rest = b""
        self._tail = []
        self._remember(attempt)

    def start(self):
        mode = "fresh" if self.attempt == 1 else "resume"
        answer = self._held(self.device.ask("start", self.run_id, self.attempt, mode, LEASE_S))
        if not answer.get("started") and not answer.get("detached"):
            raise quirks.error_for("storage", answer.text, self.device.name, DeviceSick)
        if answer.get("detached") in ("nohup", "trap"):
            self._event(f"no setsid on the device: detached by {answer.get('detached')}")

    def follow(self):
        """Looks at the run until it has ended or is given up; returns Ended. Raises TryAgain when the device stays
        away, RunGone when its files are gone."""
        clock = self.device.clock
        began_s = changed_s = clock.now_s()
        seen = None
        boot = None
        delay_s = _FIRST_POLL_S
        while True:
            answer = self.device.ask("poll", self.run_id, self.attempt, self._offset, LEASE_S)
            now_s = clock.now_s()
            state = answer.get("state")
            if state not in _STATES:
                raise DeviceSick(f"{self.device.name}: does not say how the run stands: {answer.text.strip()[:200]!r}")
            self._take(answer.body)
            marks = tuple(
                answer.get(name) for name in ("state", "records_bytes", "journal_bytes", "stderr_bytes", "boot")
            )
            if marks != seen:
                seen, changed_s = marks, now_s
            if state in ("running", "starting", "none") and answer.get("lock") != self.run_id:
                self._held(self.device.ask("lock", self.run_id, LEASE_S))
            if state == "ended":
                if answer.number("stderr_bytes") not in (None, self._offset) and answer.body:
                    continue  # read its last words first
                ended = self._judge(self.device.ask("done", self.run_id, self.attempt))
                if ended is not None:
                    return ended
                changed_s, delay_s = now_s, _FIRST_POLL_S
            elif state == "absent":
                raise RunGone()
            elif state == "none":
                self.start()
            elif state == "dead" or (state == "starting" and now_s - changed_s > _START_GRACE_S):
                gone = self._gone(answer, boot)
                if gone is not None:
                    return gone
                changed_s, delay_s = now_s, _FIRST_POLL_S
            elif self._limits.timeout_s and now_s - began_s > self._limits.timeout_s:
                return self._give_up(
                    f"not finished after {self._limits.timeout_s:g} s", "a longer --timeout; the same command goes on"
                )
            elif now_s - changed_s > self._limits.stall_s:
                return self._give_up(
                    f"no progress for {self._limits.stall_s:g} s", "the same command goes on behind the case that hung"
                )
            boot = answer.get("boot") or boot
            clock.sleep(delay_s)
            delay_s = min(delay_s * _POLL_GROWTH, self._limits.poll_s)

    def stop(self):
        """Ends the program on the device; first gently. For when the driver gives up or is interrupted."""
        self.device.ask_once("stop", self.run_id, self.attempt, timeout_s=30.0)

    @property
    def last_words(self):
        return printable(self._tail[-1])[:300] if self._tail else ""

    def _held(self, answer):
        """`answer`, when it says that the device is this run's; otherwise the own attempt must not measure on."""
        try:
            return lock.held(self.device, answer)
        except lock.TakenOver:
            self.stop()
            raise

    def _event(self, what):
        self.events.append(what)
        self._notice(what)

    def _take(self, body):
        """Shows the whole lines among the new bytes of the program's stderr."""
        self._offset += len(body)
        *lines, self._rest = (self._rest + body).split(b"\n")
        if len(self._rest) > 65536:
            self._rest = self._rest[-1024:]
        for line in lines:
            text = printable(line.decode("utf-8", "replace").rstrip("\r"))
            progress = _PROGRESS.match(text)
            if progress:
                self.total = int(progress.group(2))
            self._tail = [*self._tail[-19:], text]
            self._show(text)

    def _next(self, what):
        self._event(what + ", going on from the journal")
        self._begin_attempt(self.attempt + 1)
        self.start()

    def _gone(self, answer, boot_before):
        """The process is gone and left no last word: a reboot, or it was killed together with its shell."""
        free_kib = answer.number("free_kib")
        if free_kib is not None and free_kib < 64:
            return Ended(
                None,
                DeviceSick(
                    f"{self.device.name}: the storage is full, the run could not end in order",
                    "hetscope-device clean, or free some space; the same command then goes on",
                ),
            )
        if boot_before is not None and answer.get("boot") != boot_before:
            self._reboots += 1
            if self._reboots > self._limits.reboots:
                return Ended(None, DeviceSick(f"{self.device.name}: rebooted {self._reboots} times during one run"))
            self._next("the device rebooted")
            return None
        return self._restart("the run was killed on the device")

    def _restart(self, what):
        self._restarts += 1
        if self._restarts > self._limits.restarts:
            return Ended(None, Failed(f"{self.device.name}: {what}, {self._restarts} times: {self.last_words}"))
        self._next(what)
        return None

    def _judge(self, done):
        """What the program's own end means; None when it goes on in another attempt."""
        status = done.number("status")
        whole = done.text.rstrip("\n").endswith("\nhetscope_done")
        if not whole or status is None or done.get("run") != self.run_id or done.get("attempt") != str(self.attempt):
            return Ended(None, Failed(f"{self.device.name}: the end marker is not this run's"))
        if status in (0, 1, 3):
            return Ended(status, manifest=done)
        said = "\n".join(self._tail)
        if quirks.find("program", said) is not None:
            return Ended(status, quirks.error_for("program", said, self.device.name, DeviceSick))
        if status in (126, 127):
            return Ended(status, quirks.error_for("start", said, self.device.name, Failed))
        if "go on with --resume" in said:
            return self._restart("hetscope was interrupted on the device")
        if status > 128:
            return self._restart(f"hetscope was ended by signal {status - 128}")
        return Ended(status, Failed(f"{self.device.name}: hetscope ended with {status}: {self.last_words}"))

    def _give_up(self, what, remedy):
        self._event(what + ", stopping it")
        self.stop()
        return Ended(None, Failed(f"{self.device.name}: {what}", remedy))
