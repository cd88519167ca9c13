#!/usr/bin/env python3
"""The record's schema under a full JSON Schema 2020-12 validator: the schema itself is well formed, the golden records
are valid, and every violation of record-1-violations.json is found. The C++ tests hold SchemaCheck to the same files."""

import copy
import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError as error:
    sys.exit(f"jsonschema with Draft202012Validator is missing ({error}); run scripts/setup.sh")


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def apply_change(record, change):
    """One operation of JSON Patch (RFC 6902): add, replace or remove, at /a/b/0."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in change["path"].split("/")[1:]]
    target = record
    for step in steps[:-1]:
        target = target[int(step)] if isinstance(target, list) else target[step]
    last = int(steps[-1]) if isinstance(target, list) else steps[-1]
    if change["op"] == "remove":
        del target[last]
    elif change["op"] == "replace":
        target[last]  # must be there
        target[last] = change["value"]
    elif isinstance(target, list):
        target.insert(last, change["value"])
    else:
        target[last] = change["value"]


def main():
    schema_path, records_path, violations_path = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    faults = []

    with open(records_path, encoding="utf-8") as file:
        records = [json.loads(line, parse_constant=refuse_constant) for line in file]
    for number, record in enumerate(records, start=1):
        for error in validator.iter_errors(record):
            faults.append(f"{records_path} line {number} at {error.json_path}: {error.message}")
    missing = set(schema["properties"]["status"]["enum"]) - {record["status"] for record in records}
    if missing:
        faults.append(f"{records_path}: no record is {', '.join(sorted(missing))}")

    with open(violations_path, encoding="utf-8") as file:
        violations = json.load(file)
    for violation in violations:
        record = copy.deepcopy(records[violation["line"] - 1])
        for change in violation["patch"]:
            apply_change(record, change)
        if validator.is_valid(record):
            faults.append(f"{violations_path}: not found: {violation['rule']}")

    if not records or not violations:
        faults.append("nothing was checked")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(records)} records, {len(violations)} violations, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
