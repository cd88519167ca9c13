"""What can go wrong, as a scheduler must see it: each kind carries its exit code and what to do about it."""

DONE = 0
FAILED = 1
USAGE = 2
TRY_AGAIN_CODE = 75
DEVICE_SICK_CODE = 76


class DriverError(Exception):
    """One line for a person: what happened, and the remedy."""

    exit_code = FAILED

    def __init__(self, what, remedy=""):
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self):
        return self.what + (f" ({self.remedy})" if self.remedy else "")


class Failed(DriverError):
    """The run itself is wrong; trying again gives the same."""


class WrongUsage(DriverError):
    """The command line or an input file is wrong."""

    exit_code = USAGE


class TryAgain(DriverError):
    """The same command may succeed later: busy, hot, gone for a while, interrupted."""

    exit_code = TRY_AGAIN_CODE


class DeviceSick(DriverError):
    """This device needs a hand; another one may do."""

    exit_code = DEVICE_SICK_CODE


class LinkLost(TryAgain):
    """A call did not come back whole. The driver waits and asks again before it gives up."""
