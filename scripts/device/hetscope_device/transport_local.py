"""This machine as a device: the same steps without a link, for a workstation and for trying things out."""

import os
import shutil

from hetscope_device import process, quirks
from hetscope_device.errors import LinkLost
from hetscope_device.transport import Transport


class LocalTransport(Transport):
    kind = "local"
    name = "local"

    def __init__(self):
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        self.identity = f"local:{cache}"
        # Taken literally: the candidates are words of a shell, where only $HOME has a meaning.
        self.root_candidates = (os.path.join(cache, "hetscope-device"),)

    def _execute(self, script, timeout_s):
        return process.call(["/bin/sh", "-c", script], timeout_s)

    def push(self, local, remote, timeout_s):
        self._copy(local, remote)

    def pull(self, remote, local, timeout_s):
        self._copy(remote, local)

    def _copy(self, source, target):
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise quirks.error_for("storage", f"cannot write {target}: {error.strerror}", self.name, LinkLost) from None

    def describe(self):
        return {"kind": "local"}
