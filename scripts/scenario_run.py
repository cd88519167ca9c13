"""A run of scenarios for the *_numbers scripts, or the records of an earlier one: their options and the running."""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What scripts/fetch_peers.sh fetched, in place of the system's.
PEERS = {"HETSCOPE_XNNPACK_LIBRARY": "libexecutorch_backend_xnnpack.so",
         "HETSCOPE_ONEDNN_LIBRARY": "libdnnl.so.3"}


def parser_of(document):
    """The options that all have; `document` is the script's own description."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build/release"), help="build directory")
    parser.add_argument("--out", help="keep the records of the run here")
    parser.add_argument("--records", help="read these records instead of running")
    parser.add_argument("--filter", help="only cases whose line matches this regular expression")
    return parser


def run_scenarios(build, scenarios, out, pattern=None, options=(), environment=None):
    """Runs `scenarios` into `out`; `options` are more of `hetscope run`, `environment` more variables."""
    command = [str(pathlib.Path(build) / "bin/hetscope"), "run", *map(str, scenarios), *options, "--out", str(out)]
    variables = {**(environment or {}), **os.environ}
    for variable, name in PEERS.items():
        for path in (ROOT / "build/peers").rglob(name):
            variables.setdefault(variable, str(path))
    result = subprocess.run(command + (["--filter", pattern] if pattern else []), env=variables, check=False)
    if result.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} exited with {result.returncode}")


@contextlib.contextmanager
def records_at(arguments, scenarios, options=(), environment=None):
    """The directory of the records that the options of parser_of() ask for, made by a run unless they are there."""
    if arguments.records:
        yield arguments.records
        return
    with tempfile.TemporaryDirectory() as temporary:
        out = arguments.out or str(pathlib.Path(temporary) / "run")
        run_scenarios(arguments.build, scenarios, out, arguments.filter, options, environment)
        yield out
