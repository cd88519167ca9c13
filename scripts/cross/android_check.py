#!/usr/bin/env python3
"""Compiles every source with clang for Android on 64-bit Arm, without linking: how far the code is from building for a
phone, on a machine that has no NDK. The C++ library's headers are LLVM's, as in the NDK; the C library's are Android's
where --headers names them (an NDK's sysroot/usr/include or bionic's own), else glibc's. What compiles is free of errors
that depend on the target, on clang, on libc++ and on those headers, and no more is claimed.

Needs a configured build of the preset linux-arm64 (for the list of files), scripts/cross/fetch_libraries.sh, and clang 16
or newer (scripts/setup.sh cross). With ccache a second run takes seconds.
"""

import argparse
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = "aarch64-linux-android29"
SKIPPED = 77
# The C library's headers, as opposed to C++'s: what differs between Android and other Linux systems.
SYSTEM_INCLUDE = re.compile(
    r"^#include <((sys|linux)/.*|unistd|fcntl|sched|signal|csignal|poll|spawn|dlfcn|pthread|dirent)(\.h)?>", re.MULTILINE
)


def newest_clang():
    """The newest clang++ on this machine that the code can be expected to compile with, or None."""
    for version in range(30, 15, -1):
        found = shutil.which(f"clang++-{version}")
        if found:
            return found
    return None


def commands(database, compiler, libraries, headers, objects):
    """[(file, words)] of the suite's own sources."""
    launcher = [shutil.which("ccache")] if shutil.which("ccache") else []
    c_headers = ["-nostdlibinc", "-isystem", str(headers)]
    if headers is None:
        c_headers = ["-isystem", "/usr/aarch64-linux-gnu/include"]
    elif (headers / "aarch64-linux-android").is_dir():
        c_headers += ["-isystem", str(headers / "aarch64-linux-android")]
    for entry in json.loads(database.read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if ROOT not in file.parents or ROOT / "build" in file.parents or ROOT / "tests" in file.parents:
            continue
        if not file.is_file():
            continue  # it has gone since the build was configured
        kept = []
        words = iter(shlex.split(entry["command"]))
        for word in words:
            if word in ("-o", "-MF", "-MT", "-MQ"):
                next(words)
            elif word.startswith(("-I", "-D", "-std")) and word not in ("-I", "-D"):
                kept.append(word)
            elif word in ("-isystem", "-I", "-D"):
                kept += [word, next(words)]
        target = objects / (str(file.relative_to(ROOT)).replace("/", "_") + ".o")
        yield file, [
            *launcher, compiler, f"--target={TARGET}", "-O0", "-c", "-o", str(target), "-nostdinc++", "-isystem",
            str(libraries / "usr/lib/llvm-16/include/c++/v1"), *c_headers, "-Wall", "-Wextra", "-Werror", *kept, str(file),
        ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/linux-arm64")
    parser.add_argument("--libraries", type=pathlib.Path, default=ROOT / "build/libraries-arm64")
    parser.add_argument("--headers", type=pathlib.Path, metavar="DIR", help="Android's C headers (default: glibc's)")
    parser.add_argument("--compiler", metavar="CLANG", help="default: the newest clang++ from 16 on")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", action="append", default=[], help="only files whose path holds this text")
    parser.add_argument("--system", action="store_true", help="only files that include the C library's own headers")
    parser.add_argument("--may-skip", action="store_true", help="where something is missing: say so, exit code 77")
    arguments = parser.parse_args()

    def missing(what, remedy):
        print(f"{'SKIPPED' if arguments.may_skip else 'android_check'}: {what}: {remedy}", file=sys.stderr)
        return SKIPPED if arguments.may_skip else 2

    compiler = arguments.compiler or newest_clang()
    database = arguments.build / "compile_commands.json"
    if compiler is None:
        return missing("there is no clang++ from 16 on", "scripts/setup.sh cross")
    if not (arguments.libraries / "usr/lib/llvm-16").is_dir():
        return missing(f"LLVM's C++ library is not in {arguments.libraries}", "scripts/cross/fetch_libraries.sh arm64 DIR")
    if not database.is_file():
        return missing(f"there is no {database}", "cmake --preset linux-arm64")
    if arguments.headers is not None and not (arguments.headers / "android").is_dir():
        print(f"android_check: {arguments.headers} holds no Android headers: name an NDK's sysroot/usr/include", file=sys.stderr)
        return 2
    objects = arguments.build / "android-check"
    objects.mkdir(exist_ok=True)
    work = [pair for pair in commands(database, compiler, arguments.libraries, arguments.headers, objects)
            if (not arguments.file or any(text in str(pair[0]) for text in arguments.file))
            and (not arguments.system or SYSTEM_INCLUDE.search(pair[0].read_text()))]  # fmt: skip
    if not work:
        print("android_check: no file to check", file=sys.stderr)
        return 2

    def check(pair):
        return pair[0], subprocess.run(pair[1], capture_output=True, text=True)

    failed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for file, result in pool.map(check, work):
            if result.returncode != 0:
                failed += 1
                errors = [line for line in result.stderr.splitlines() if "error:" in line]
                print(f"{file.relative_to(ROOT)}: {(errors or result.stderr.splitlines() or ['?'])[0]}", flush=True)
    headers = "Android's headers" if arguments.headers else "glibc's headers"
    print(f"android_check: {len(work) - failed} of {len(work)} files compile for {TARGET} with {headers}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
