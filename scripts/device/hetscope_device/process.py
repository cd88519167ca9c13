"""Runs a program on the host: a list of words, never a shell; always a time-out; bounded output."""

import os
import signal
import subprocess
import threading

MAX_OUTPUT_BYTES = 64 << 20


class CallTimedOut(Exception):
    def __init__(self, program, timeout_s):
        super().__init__(f"{program} did not answer in {timeout_s:g} s")


class Finished:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


def _kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _collect(stream, into, room, on_flood):
    while True:
        piece = stream.read1(65536)
        if not piece:
            return
        room[0] -= len(piece)
        if room[0] < 0:
            on_flood()
            return
        into.extend(piece)


def call(words, timeout_s, stdin_bytes=None, stdin_file=None, stdout_file=None, environment=None):
    """Runs `words` and returns a Finished. Raises CallTimedOut, or OSError when the program cannot be started.

    The program gets a session of its own: ctrl-C reaches the driver alone, which then decides what is stopped. A daemon
    that the program leaves behind with its pipes open (an adb server) does not make the call hang.
    """
    stdin = subprocess.PIPE if stdin_bytes is not None else (stdin_file or subprocess.DEVNULL)
    process = subprocess.Popen(
        words,
        stdin=stdin,
        stdout=stdout_file or subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=environment,
    )
    try:
        stdout, stderr, room, threads = bytearray(), bytearray(), [MAX_OUTPUT_BYTES], []
        for stream, into in ((process.stdout, stdout), (process.stderr, stderr)):
            if stream is not None:
                thread = threading.Thread(
                    target=_collect, args=(stream, into, room, lambda: _kill(process)), daemon=True
                )
                thread.start()
                threads.append(thread)
        if stdin_bytes is not None:
            feeder = threading.Thread(target=_feed, args=(process.stdin, stdin_bytes), daemon=True)
            feeder.start()
        # Popen.wait with a time-out looks only every 50 ms; a thread that waits without one is told at once.
        waiter = threading.Thread(target=process.wait, daemon=True)
        waiter.start()
        waiter.join(timeout_s)
        if waiter.is_alive():
            raise CallTimedOut(os.path.basename(str(words[0])), timeout_s)
        for thread in threads:
            thread.join(1.0)
        return Finished(process.returncode, bytes(stdout), bytes(stderr))
    finally:
        if process.poll() is None:
            _kill(process)


def _feed(stream, content):
    try:
        stream.write(content)
        stream.close()
    except (BrokenPipeError, OSError):
        pass
