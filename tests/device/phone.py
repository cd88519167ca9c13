"""A phone without a phone: Google's adbd for Linux in a root of its own, with mksh and toybox where a phone has them
and stubs of getprop, dumpsys, settings, svc, cmd and perfetto that answer from files. It can be unplugged, killed,
rebooted, filled up, heated and robbed of tools. Everything lives in the namespaces of the test and dies with it."""

import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid

ADBD = "/daemons/usr/lib/android-sdk/platform-tools/adbd"
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
HERE = pathlib.Path(__file__).resolve().parent
APPLETS = (
    "cat chmod cmp cp cut date dd df dirname echo env expr false find getconf grep head hostname id kill "
    "killall ln ls mkdir mktemp mv nohup od pidof printenv printf ps pwd readlink rm rmdir sed seq setsid sh "
    "sha256sum sleep sort stat tail tee test timeout touch tr true tty umount uname uniq uptime wc which "
    "xargs"
).split()


def library_path(root):
    return ":".join(
        [
            *glob.glob(f"{root}/usr/lib/*/android"),
            *glob.glob(f"{root}/usr/lib/*-linux-gnu"),
            *glob.glob(f"{root}/lib/*-linux-gnu"),
        ]
    )


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def adb_program(directory, daemons, which):
    """A script that runs the unpacked adb; `which` is "root" (new) or "old"."""
    path = directory / f"adb-{which}"
    root = daemons / which
    write_program(
        path,
        "#!/bin/sh\nLD_LIBRARY_PATH="
        + f"'{library_path(root)}' exec '{root}/usr/lib/android-sdk/platform-tools/adb' \"$@\"\n",
    )
    return str(path)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(condition, what, seconds=60.0):  # a busy machine needs many of them
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def wait_for_port(port):
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_for(listens, f"port {port} to be served")


class Cable:
    """A TCP proxy between the adb server and a daemon: what can be pulled out and put back. `refuse_key` makes it
    answer like a phone whose owner has revoked the authorisation."""

    def __init__(self, target_port):
        self.port = free_port()
        self._target_port = target_port
        self._listener = None
        self._sockets = []
        self._lock = threading.Lock()
        self.is_unauthorized = False
        self.plug_in()

    def plug_in(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(16)
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def pull_out(self):
        listener, self._listener = self._listener, None
        if listener is not None:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for connection in sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _serve(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.append(near)
            if self.is_unauthorized:
                threading.Thread(target=self._refuse_key, args=(near,), daemon=True).start()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port), 2)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._sockets.append(far)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def _refuse_key(near):
        """The daemon's side of the protocol: asks for a signature, does not know the key, asks the user, who does not
        answer."""
        token = (
            b"AUTH"
            + (1).to_bytes(4, "little")
            + (0).to_bytes(4, "little")
            + (20).to_bytes(4, "little")
            + (20 * 7).to_bytes(4, "little")
            + bytes(255 - byte for byte in b"AUTH")
            + bytes([7]) * 20
        )
        try:
            waiting = b""
            while True:
                piece = near.recv(65536)
                if not piece:
                    return
                waiting += piece
                while len(waiting) >= 24:
                    length = int.from_bytes(waiting[12:16], "little")
                    if len(waiting) < 24 + length:
                        break
                    name, kind = waiting[:4], int.from_bytes(waiting[4:8], "little")
                    waiting = waiting[24 + length :]
                    if name == b"CNXN" or (name == b"AUTH" and kind == 2):
                        near.sendall(token)
        except OSError:
            pass


class Phone:
    """`serial` is its address behind the cable. `facts` are the files that the stubs answer from (Path)."""

    def __init__(self, directory, daemons, name, size_mib=96):
        self.name = name
        self.root = directory / name
        self.facts = self.root / "facts"
        self._daemons = daemons
        self._init = None
        self._port = free_port()
        self._build(size_mib)
        self.cable = Cable(self._port)
        self.serial = f"127.0.0.1:{self.cable.port}"

    # -- making it ---------------------------------------------------------------------------------------------------

    def _build(self, size_mib):
        for path in (
            "proc",
            "dev",
            "sys",
            "data/local/tmp",
            "system/bin",
            "usr/lib",
            "usr/lib64",
            "daemons",
            "etc",
            "facts/settings",
            "tmp",
        ):
            (self.root / path).mkdir(parents=True)
        for link, target in (("bin", "system/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")):
            (self.root / link).symlink_to(target)
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/:/system/bin/sh\n")
        (self.root / "etc/group").write_text("root:x:0:\n")
        programs = self.root / "system/bin"
        shutil.copy(self._daemons / "root/bin/mksh", programs / "mksh")
        shutil.copy(self._daemons / "root/bin/toybox", programs / "toybox")
        for applet in APPLETS:
            (programs / applet).symlink_to("mksh" if applet == "sh" else "toybox")
        for stub in (HERE / "stubs").iterdir():
            shutil.copy(stub, programs / stub.name)
            (programs / stub.name).chmod(0o755)
        for fact in (HERE / "facts").iterdir():
            shutil.copy(fact, self.facts / fact.name)
        self.set_zone("cpu-0-0", 41000)
        self.new_boot()
        for source, target in (
            ("/usr/lib", "usr/lib"),
            ("/usr/lib64", "usr/lib64"),
            (str(self._daemons / "root"), "daemons"),
        ):
            if os.path.isdir(source):
                self._mount("--bind", source, self.root / target)
                self._mount("-o", "remount,bind,ro", self.root / target)
        self._mount("-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", self.root / "data/local/tmp")
        for node in ("null", "zero", "urandom", "random"):
            (self.root / "dev" / node).touch()
            self._mount("--bind", f"/dev/{node}", self.root / "dev" / node)

    @staticmethod
    def _mount(*words):
        subprocess.run(["mount", *map(str, words)], check=True, capture_output=True)

    # -- what a person or a test does to it ----------------------------------------------------------------------------

    def new_boot(self):
        (self.root / "boot_id").write_text(f"{uuid.uuid4()}\n")

    def set_zone(self, name, millidegrees, number=0):
        zone = self.root / f"sys/class/thermal/thermal_zone{number}"
        zone.mkdir(parents=True, exist_ok=True)
        (zone / "type").write_text(f"{name}\n")
        (zone / "temp").write_text(f"{millidegrees}\n")

    def set_battery(self, decidegrees):
        path = self.facts / "battery.txt"
        lines = [
            f"  temperature: {decidegrees}" if "temperature:" in line else line
            for line in path.read_text().splitlines()
        ]
        path.write_text("\n".join(lines) + "\n")

    def remove_tool(self, *names):
        for name in names:
            (self.root / "system/bin" / name).unlink()

    def fact(self, name, value):
        (self.facts / name).write_text(f"{value}\n")

    def calls(self):
        """What the stubs were asked to change, in order."""
        path = self.facts / "calls.log"
        return path.read_text().splitlines() if path.exists() else []

    def storage(self):
        return self.root / "data/local/tmp"

    def fill_up(self, leave_kib=0):
        """Takes the storage's free space, but for some KiB."""
        status = os.statvfs(self.storage())
        size = status.f_bavail * status.f_frsize - leave_kib * 1024
        if size > 0:
            with open(self.storage() / "ballast", "wb") as ballast:
                os.posix_fallocate(ballast.fileno(), 0, size)

    def make_room(self):
        (self.storage() / "ballast").unlink()

    # -- power ---------------------------------------------------------------------------------------------------------

    def power_on(self):
        libraries = library_path(self._daemons / "root").replace(str(self._daemons / "root"), "/daemons")
        loader = next(path for path in LOADERS if os.path.exists(path))
        script = (
            f"mount -t proc proc '{self.root}/proc' || exit 1\n"
            f"mount --bind '{self.root}/boot_id' '{self.root}/proc/sys/kernel/random/boot_id' || exit 1\n"
            # By the loader, so that the shells that it starts do not search its libraries' folders, too.
            f"serve() {{ chroot '{self.root}' {loader} --library-path '{libraries}' {ADBD} & }}\n"
            "trap serve USR1\nserve\nwhile :; do wait; sleep 0.05; done\n"
        )
        environment = {
            "PATH": "/system/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "ADBD_PORT": str(self._port),
            "ANDROID_DATA": "/data",
            "HOME": "/",
        }
        self._init = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self._port)

    def power_off(self):
        if self._init is not None:
            self._init.kill()  # unshare takes its child along, which is process 1 in there
            self._init.wait()
            self._init = None
            wait_for(lambda: not self.processes(""), f"{self.name} to be off")

    def reboot(self):
        self.power_off()
        self.cable.pull_out()
        self.new_boot()
        self.power_on()
        self.cable.plug_in()

    def processes(self, word):
        """Pids of this phone's processes whose command line holds `word`."""
        found = []
        for path in glob.glob("/proc/[0-9]*"):
            try:
                if os.readlink(f"{path}/root") == str(self.root):
                    line = pathlib.Path(path, "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    if word in line and line:
                        found.append(int(path.split("/")[-1]))
            except OSError:
                continue
        return found

    def kill(self, word, signal_number=signal.SIGKILL):
        victims = self.processes(word)
        for pid in victims:
            try:
                os.kill(pid, signal_number)
            except ProcessLookupError:
                pass
        return victims

    def kill_daemon(self):
        self.kill("platform-tools/adbd")

    def restart_daemon(self):
        children = pathlib.Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGUSR1)
        wait_for_port(self._port)

    def close(self):
        self.cable.pull_out()
        self.power_off()
