"""A device that answers: finds a directory that can hold and run files, puts the agent there, and asks it things. A
lost link is waited for, and the question is asked again; every question may be repeated."""

import os
import tempfile

from hetscope_device import agent, quirks
from hetscope_device.errors import DeviceSick, LinkLost, TryAgain, WrongUsage
from hetscope_device.words import command, is_plain

# A directory is good when it can be written and a script in it can be run. One that is full and holds the agent is
# good, too: the driver can make room there.
_FIND_ROOT = r"""
write_test() {{
  mkdir -p "$root" && printf '#!%s\nexit 0\n' "$(command -v sh)" >"$test_file" && chmod 700 "$test_file"
}}
set -f
for root in {candidates}; do
  test_file=$root/exec-test.$$
  if said=$(write_test 2>&1); then
    if "$test_file" 2>/dev/null; then rm -f "$test_file"; echo "root=$root"; break; fi
    said="it does not run programs (noexec)"
  else
    case $said in *space*) if [ -f "$root/{agent}" ]; then echo "root=$root"; break; fi ;; esac
  fi
  rm -f "$test_file"
  printf 'refused=%s: ' "$root"
  echo $said
done
echo "machine=$(uname -m)"
[ ! -f "$root/{agent}" ] || echo "agent_bytes=$(($(wc -c <"$root/{agent}")))"
"""


class Answer:
    """What the agent said: `name=value` lines (the last of a name counts, all are in `lists`), and what stood below `---`."""

    def __init__(self, result):
        self.status = result.status
        head, _, self.body = result.output.partition(b"---\n")
        self.lists = {}
        self.text = head.decode("utf-8", "replace")
        for line in self.text.splitlines():
            name, separator, value = line.partition("=")
            if separator and is_plain(name):
                self.lists.setdefault(name, []).append(value)

    def get(self, name, otherwise=""):
        return self.lists.get(name, [otherwise])[-1]

    def number(self, name):
        value = self.get(name)
        return int(value) if value.isascii() and value.isdigit() else None


class Device:
    def __init__(self, transport, clock, patience_s=120.0, notice=lambda line: None, remote_root=None):
        if remote_root is not None and not remote_root.startswith("/"):
            raise WrongUsage(f"--remote-root {remote_root!r} does not begin with /", "name a whole path on the device")
        self.transport = transport
        self.clock = clock
        self.root = None
        self.machine = ""
        self.pushed_bytes = 0
        self.links_lost = 0
        self._patience_s = patience_s
        self._notice = notice
        self._remote_root = remote_root

    @property
    def name(self):
        return self.transport.name

    def open(self):
        """Raises DeviceSick when no directory will do."""
        quoted = [self._quoted(candidate) for candidate in self._candidates()]
        script = _FIND_ROOT.format(candidates=" ".join(quoted), agent=agent.NAME)
        answer = Answer(self._patiently(lambda: self.transport.shell(script)))
        self.root = answer.get("root")
        self.machine = answer.get("machine")
        if not self.root:
            said = "; ".join(answer.lists.get("refused", ["no answer"]))
            if quirks.find("storage", said) is not None:
                raise quirks.error_for("storage", said, self.name, DeviceSick)
            raise DeviceSick(f"{self.name}: nowhere to put files: {said}", "name a directory: --remote-root DIR")
        if answer.number("agent_bytes") != len(agent.TEXT):
            self._patiently(self._push_agent)

    def _candidates(self):
        return (self._remote_root,) if self._remote_root else self.transport.root_candidates

    def _quoted(self, candidate):
        if candidate.startswith("$HOME/") and not self._remote_root:
            return '"$HOME"' + command(candidate[len("$HOME") :])
        return command(candidate)

    def _push_agent(self):
        incoming = f"{self.root}/incoming.{os.getpid()}-{agent.NAME}"
        with tempfile.NamedTemporaryFile(prefix="hetscope-agent-") as local:
            local.write(agent.TEXT)
            local.flush()
            self.transport.push(local.name, incoming, 60.0)
        move = self.transport.shell(
            f"wc -c <{command(incoming)} && {command('mv', incoming, f'{self.root}/{agent.NAME}')}"
        )
        if move.status != 0 or move.text.strip() != str(len(agent.TEXT)):
            raise quirks.error_for("storage", move.text, self.name, LinkLost)
        self.pushed_bytes += len(agent.TEXT)

    def ask(self, *words, timeout_s=30.0, patience_s=None):
        """Runs one command of the agent. Raises TryAgain when the device stays away longer than the patience."""
        return self._patiently(lambda: self._answer(self._call(words), timeout_s), patience_s)

    def ask_all(self, *questions, timeout_s=60.0):
        """Several commands in one call, each only when the one before was well; one Answer for all."""
        script = " && ".join(self._call(words) for words in questions)
        return self._patiently(lambda: self._answer(script, timeout_s))

    def shell(self, script, timeout_s=30.0):
        """A script of the driver's own, asked as patiently; it must stand being repeated."""
        return self._patiently(lambda: self.transport.shell(script, timeout_s))

    def ask_once(self, *words, timeout_s=10.0):
        """The same without patience: for what must not hold up the end of a run."""
        return Answer(self.transport.shell(self._call(words), timeout_s))

    def _call(self, words):
        return command("sh", f"{self.root}/{agent.NAME}", self.root, *words)

    def _answer(self, script, timeout_s):
        """The agent's Answer; an agent that has gone (a reboot empties /tmp) is brought again first."""
        guarded = f"[ -f {command(f'{self.root}/{agent.NAME}')} ] || {{ echo agent=gone; exit 69; }}\n{script}"
        answer = Answer(self.transport.shell(guarded, timeout_s))
        if answer.status != 69 or answer.get("agent") != "gone":
            return answer
        self._notice("the device has lost the driver's files")
        self.transport.shell(command("mkdir", "-p", self.root))
        self._push_agent()
        return Answer(self.transport.shell(script, timeout_s))

    def push_to_cache(self, local, sha256, token):
        """Copies a file into the device's cache, where its hash is its name."""
        size = os.path.getsize(local)

        def attempt():
            self.transport.push(local, f"{self.root}/incoming.{token}", 60.0 + size / 1e6)
            answer = Answer(self.transport.shell(self._call(("accept", token, sha256)), 60.0))
            if answer.get("accepted") != sha256:
                raise quirks.error_for("storage", answer.text.replace("accepted=no", ""), self.name, LinkLost)

        self._patiently(attempt)
        self.pushed_bytes += size

    def pull(self, remote, local, size):
        self._patiently(lambda: self.transport.pull(f"{self.root}/{remote}", local, 60.0 + size / 1e6))

    def _patiently(self, action, patience_s=None):
        """Does `action` until it comes back whole, as long as the device was not away longer than the patience."""
        patience_s = self._patience_s if patience_s is None else patience_s
        given_up_s = None
        delay_s = 0.25
        while True:
            try:
                self.clock.check()
                result = action()
                if given_up_s is not None:
                    self._notice("the link is back")
                return result
            except LinkLost as error:
                if given_up_s is None:
                    given_up_s = self.clock.now_s() + patience_s
                    self.links_lost += 1
                    self._notice(f"link lost, waiting up to {patience_s:g} s: {error}")
                if self.clock.now_s() >= given_up_s:
                    remedies = [error.remedy] if error.remedy else []
                    raise TryAgain(
                        error.what, "; ".join([*remedies, "the same command goes on with this run"])
                    ) from None
            self.clock.sleep(delay_s)
            delay_s = min(delay_s * 1.5, 5.0)
            try:
                self.transport.reconnect()
            except LinkLost:
                pass
