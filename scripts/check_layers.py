#!/usr/bin/env python3
"""Checks who may include whom: the rooms of the house and the doors between them.

Reads every #include "..." of the C++ files, without a compiler, and prints each one that goes through a door that is
not there as `file:line: what (rule)`. Exit code 0: none; 1: at least one; 2: wrong usage.
"""

import argparse
import re
import sys
from pathlib import Path

# What a room may include directly; what those may include, it may include too. A room may always include itself.
# "*" stands for every room of that folder. Nobody may include a room that no line names here.
ROOMS = {
    "harness/core": [],
    "harness/statistics": ["harness/core"],
    "harness/record": ["harness/core"],
    "harness/meter": ["harness/core"],
    "harness/tensor": ["harness/core"],
    "harness/processor": ["harness/tensor"],
    "harness/kernel": ["harness/processor"],
    "harness/measure": ["harness/kernel", "harness/meter", "harness/statistics"],
    "harness/run": ["harness/measure", "harness/record"],
    "harness/baseline": ["harness/run"],
    "kernels": ["harness/kernel", "harness/processor", "harness/tensor", "harness/core"],
    "reports": ["harness/record", "harness/statistics", "harness/core"],
    "graph": ["harness/tensor", "harness/core"],
    "planner": ["graph", "harness/record"],
    "bench": ["planner", "reports", "kernels", "harness/*"],
    "tests": ["bench", "planner", "graph", "reports", "kernels", "harness/*"],
}
# Headers that the build makes; they are not in the tree.
GENERATED = {"build_info_values.hpp"}
# A header that pulls in the whole JSON parser costs every file behind it seconds; headers use json_fwd.hpp.
HEAVY_IN_HEADERS = {"nlohmann/json.hpp": "headers include <nlohmann/json_fwd.hpp>"}
LONG_FILE_LINES = 450

SOURCES = {".cpp", ".hpp", ".h", ".inc"}
HEADERS = {".hpp", ".h", ".inc"}
SKIPPED_FOLDERS = {"build", "out"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    """The room of a path like 'harness/core/error.hpp': 'harness/core'; None outside the house."""
    parts = path.split("/")
    if parts[0] == "harness":
        return "/".join(parts[:2]) if len(parts) > 2 else None
    return parts[0] if len(parts) > 1 and parts[0] in ROOMS else None


def allowed_rooms(room):
    """Every room that `room` may include, through any number of doors, itself included."""
    allowed, waiting = set(), [room]
    while waiting:
        current = waiting.pop()
        if current in allowed:
            continue
        allowed.add(current)
        for door in ROOMS.get(current, []):
            waiting += [r for r in ROOMS if r.startswith(door[:-1])] if door.endswith("/*") else [door]
    return allowed


def source_files(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix in SOURCES and not hidden and relative.parts[0] not in SKIPPED_FOLDERS and path.is_file():
            yield path, relative.as_posix()


def find_cycle(edges):
    """One cycle of `edges` (room -> rooms) as a list of rooms whose first and last are the same, or None."""
    state, trail = {}, []

    def visit(room):
        state[room] = "open"
        trail.append(room)
        for target in sorted(edges.get(room, ())):
            if state.get(target) == "open":
                return trail[trail.index(target):] + [target]
            if target not in state:
                cycle = visit(target)
                if cycle:
                    return cycle
        trail.pop()
        state[room] = "done"
        return None

    for room in sorted(edges):
        if room not in state:
            cycle = visit(room)
            if cycle:
                return cycle
    return None


class Check:
    def __init__(self, root):
        self.root = root
        self.errors = []
        self.warnings = []
        self.files = 0
        self.first_use = {}  # (room, room) -> "file:line" of the first include between them

    def include(self, file, line, bracket, target):
        place = f"{file}:{line}"
        if target in HEAVY_IN_HEADERS and Path(file).suffix in HEADERS:
            self.errors.append(f"{place}: includes {target} ({HEAVY_IN_HEADERS[target]})")
            return
        source, goal = room_of(file), room_of(target)
        first = target.split("/")[0]
        ours = goal is not None or first == "harness" or first in ROOMS
        if not ours:
            beside = (self.root / file).parent / target
            if bracket == '"' and target not in GENERATED and beside.exists():
                self.errors.append(f"{place}: includes {target} by a relative path (includes start at the root)")
            return
        if not (self.root / target).exists():
            self.errors.append(f"{place}: includes {target}, which does not exist (includes start at the root)")
            return
        if goal not in ROOMS:
            self.errors.append(f"{place}: includes {target}, whose room is not in the table (ROOMS in check_layers.py)")
            return
        if source is None:
            self.errors.append(f"{place}: {file} is in no room of the table (ROOMS in check_layers.py)")
            return
        self.first_use.setdefault((source, goal), place)
        if goal not in allowed_rooms(source):
            doors = ", ".join(sorted(allowed_rooms(source) - {source})) or "no other room"
            self.errors.append(f"{place}: includes {target} (rule: {source} may include {doors})")

    def run(self):
        for path, file in source_files(self.root):
            self.files += 1
            room = room_of(file)
            if room is None or room not in ROOMS:
                self.errors.append(f"{file}:1: is in no room of the table (ROOMS in check_layers.py)")
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            if len(lines) > LONG_FILE_LINES:
                self.warnings.append(f"{file}: {len(lines)} lines (over {LONG_FILE_LINES}: find the missing part)")
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if match:
                    self.include(file, number, match.group(1), match.group(2))
        edges = {}
        for source, goal in self.first_use:
            if source != goal and source.startswith("harness/") and goal.startswith("harness/"):
                edges.setdefault(source, set()).add(goal)
        cycle = find_cycle(edges)
        if cycle:
            steps = [f"{a} -> {b} ({self.first_use[(a, b)]})" for a, b in zip(cycle, cycle[1:])]
            self.errors.append("rooms of harness include each other in a circle: " + "; ".join(steps))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent,
                        help="the root of the source tree (default: this script's)")
    check = Check(parser.parse_args().root.resolve())
    check.run()
    if check.files == 0:
        print(f"check_layers: no C++ file under {check.root}", file=sys.stderr)
        return 2
    for warning in check.warnings:
        print(f"warning: {warning}")
    for error in check.errors:
        print(error)
    print(f"check_layers: {check.files} files, {len(check.errors)} errors, {len(check.warnings)} warnings")
    return 1 if check.errors else 0


if __name__ == "__main__":
    sys.exit(main())
