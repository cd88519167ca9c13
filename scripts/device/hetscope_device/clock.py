"""The driver's view of time: waiting ends at once when the user interrupts, and tests neither sleep nor wait."""

import threading
import time

from hetscope_device.errors import TryAgain


class Interrupted(TryAgain):
    """ctrl-C, or a scheduler's SIGTERM: what was changed is put back, and the same command goes on later."""


class Clock:
    def __init__(self, interruption=None):
        self._interruption = interruption or threading.Event()
        self._shielded = False

    def now_s(self):
        return time.monotonic()

    def sleep(self, seconds):
        self._interruption.wait(seconds) if not self._shielded else time.sleep(seconds)
        self.check()

    def check(self):
        if self._interruption.is_set() and not self._shielded:
            raise Interrupted("interrupted", "the same command goes on with this run")

    def shield(self):
        """From here on nothing interrupts: the device is being put back as it was."""
        self._shielded = True
