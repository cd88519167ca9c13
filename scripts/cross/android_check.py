#!/usr/bin/env python3
"""Parses every source with clang for Android on 64-bit Arm, without the NDK: how far the code is from building for a
phone, on a machine that has no NDK. Android's own headers are missing here, so the C library's are glibc's; the C++
library's are LLVM's, as in the NDK. What passes is free of errors that depend on the target, on clang and on libc++,
and no more is claimed.

Needs a configured build of the preset linux-arm64 (for the list of files) and scripts/cross/fetch_libraries.sh.
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = "aarch64-linux-android29"


def commands(database, libraries):
    """[(file, words)] of the suite's own sources."""
    for entry in json.loads(database.read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if ROOT not in file.parents or ROOT / "build" in file.parents or ROOT / "tests" in file.parents:
            continue
        kept = []
        words = iter(shlex.split(entry["command"]))
        for word in words:
            if word in ("-o", "-MF", "-MT", "-MQ"):
                next(words)
            elif word.startswith(("-I", "-D", "-std")) and word != "-D":
                kept.append(word)
            elif word in ("-isystem", "-I", "-D"):
                kept += [word, next(words)]
        yield file, [
            "clang++", f"--target={TARGET}", "-fsyntax-only", "-nostdinc++", "-isystem",
            str(libraries / "usr/lib/llvm-16/include/c++/v1"), "-isystem", "/usr/aarch64-linux-gnu/include",
            "-Wall", "-Wextra", "-Werror", *kept, str(file),
        ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/linux-arm64")
    parser.add_argument("--libraries", type=pathlib.Path, default=ROOT / "build/libraries-arm64")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", action="append", default=[], help="only files whose path holds this text")
    arguments = parser.parse_args()
    database = arguments.build / "compile_commands.json"
    if not database.is_file():
        print(f"android_check: there is no {database}: run cmake --preset linux-arm64", file=sys.stderr)
        return 2
    work = [pair for pair in commands(database, arguments.libraries)
            if not arguments.file or any(text in str(pair[0]) for text in arguments.file)]  # fmt: skip
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
                print(f"{file.relative_to(ROOT)}: {(errors or ['?'])[0]}")
    print(f"android_check: {len(work) - failed} of {len(work)} files parse for {TARGET}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
