#!/usr/bin/env python3
"""Prints what SmartMem (ASPLOS 2024) claims of layouts and memory beside what this device shows.

  scripts/smartmem_numbers.py --out out/smartmem
  scripts/smartmem_numbers.py --out out/try --quick
  scripts/smartmem_numbers.py --records out/smartmem

Runs every scenario of scenarios/curated/smartmem once for each of --sessions (3: fewer decide nothing), each run into a
directory of its own below --out, and writes report.html and decision/ there, by scenarios/decisions/smartmem.json. Runs
that are finished already are kept, so that the same line again goes on where it was stopped. Then it prints, for each claim, the
paper's figure, the measured gain with its 95 % interval, and whether the claim holds, with the reason where it cannot be
said.

--quick keeps one small group of each scenario, without roofs and in one session: a try of a few minutes. --layout also
prints, for each session, for how many pairs of operators folding is faster and which are not, and runs
layout_vs_peers.json (45 minutes with two CPUs) and layout_opencl.json once and prints what scripts/layout_numbers.py
prints of them.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import elimination_numbers  # noqa: E402
import layout_numbers  # noqa: E402
from scenario_run import ROOT, parser_of, run_scenarios  # noqa: E402

SCENARIOS = sorted((ROOT / "scenarios/curated/smartmem").glob("*.json"))
QUESTIONS = ROOT / "scenarios/decisions/smartmem.json"
FULL_SESSIONS = 3  # the fewest that a question of QUESTIONS is decided by
# What --quick keeps of each scenario: lines of one small group or two.
QUICK = {
    "chain_depth": r" first=reshape:8x7x8x7x96/transpose:0,2,1,3,4 second=softmax ",
    "consumers": r" shape=64x49x32 consumers=sum:0/sum:1/sum:2 ",
    "elimination": r" shape=96x56x56 .*first=relu second=transpose:1,2,0 ",
    "framework_layouts": r" shape=1x32x128x128 ",
    "grouped": r" shape=1x768x7x7 ",
    "image_maps": r" kernel=reduce_image2d .* shape=64x49x96 .*reduced=0 layout=order:[0-9,]*/p2x4 ",
    "launches": r" operators=1000 ",
    "layout_sweep": r" shape=197x12x64 consumers=sum:0 layout=(k1|order:0,1,2|order:1,2,0) ",
    "operator_storage": r" shape=1x64x56x56 .*dtype=f32 layout=NC4HW4 ",
    "read_or_write": r" shape=100x1000 ",
    "read_or_write_convolution": r" shape=1x256x14x14 ",
    "reshapes": r" shape=77x36 .*dtype=f32 ",
    "strength_reduction": r" shape=2x256x4 ",
    "texture": r" pattern=x_walk dtype=f32 bytes=67108864 ",
    "transposes": r" shape=64x49x96 dtype=f32 ",
    "layout_vs_peers": r" shape=1x64x56x56 dtype=f32 from=NCHW to=NHWC threads=1 ",
    "layout_opencl": r" shape=1x320x64x64 dtype=f32 from=NCHW to=NHWC | shape=\[1310720\] ",
}


def program(build):
    return str(pathlib.Path(build) / "bin/hetscope")


def kept_by(build, pattern, scenarios):
    """Those of which `pattern` leaves anything: a run of nothing is an error."""
    kept, refusal = [], ""
    for scenario in scenarios:
        listed = subprocess.run([program(build), "list", str(scenario), "--filter", pattern], capture_output=True,
                                text=True, check=False)
        if listed.returncode == 0:
            kept.append(scenario)
        else:
            refusal = listed.stderr.strip()
    if not kept:
        print(refusal, file=sys.stderr)
    return kept


def finished_run(build, scenario, out, pattern, options=()):
    """Runs `scenario` into `out`, unless it is there. What was stopped half-way begins anew, so that a session's cases
    were all measured in one launch."""
    if out.exists():
        before = json.loads((out / "run.json").read_text())["filter"]
        if before != (pattern or ""):
            sys.exit(f"{out}: was run with the filter '{before}'; use another --out")
        return
    unfinished = out.with_name(out.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    run_scenarios(build, [scenario], unfinished, pattern, options)
    unfinished.rename(out)


def run_sessions(arguments, out, scenarios, sessions):
    if arguments.filter:
        scenarios = kept_by(arguments.build, arguments.filter, scenarios)
    for session in range(1, sessions + 1):
        for scenario in scenarios:
            run_out = out / f"{scenario.stem}-{session}"
            if arguments.quick:
                finished_run(arguments.build, scenario, run_out, QUICK[scenario.stem], ["--no-roofs"])
            else:
                finished_run(arguments.build, scenario, run_out, arguments.filter)


def runs_of(out, scenarios):
    """The finished runs of `scenarios` below `out`, of all sessions."""
    finished = re.compile(f"({'|'.join(scenario.stem for scenario in scenarios)})-[0-9]+")
    return [path.parent for path in sorted(out.glob("*/run.json")) if finished.fullmatch(path.parent.name)]


def call(accepted, *command):
    result = subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, check=False)
    if result.returncode not in accepted:
        sys.exit(f"{' '.join(map(str, command[:2]))} ... exited with {result.returncode}")


def decision_of(build, runs, out):
    """decision.json of the questions; both it and the report are left in `out`."""
    call((0,), program(build), "report", *runs, "--questions", QUESTIONS, "--out", out / "report.html")
    call((0, 3), program(build), "decide", QUESTIONS, *runs, "--out", out / "decision")
    return json.loads((out / "decision/decision.json").read_text())


def measured_text(answer):
    if answer["gain"] is None:
        return ""
    low, high = answer["ci95"]
    interval = "no interval" if low is None or high is None else f"[{low:.2f}, {high:.2f}]"
    return f"{answer['gain']:.2f} {interval}"


def print_claims(decision):
    """One row for each claim and kind of processor."""
    print("| claim | published | measured | sessions | on | verdict | why |\n|---|---:|---:|---:|---|---|---|")
    for question in decision["questions"]:
        published = question["published"]
        if published is None:
            continue
        gain = "none given" if published["gain"] is None else f"{published['gain']:g}"
        for answer in published["measured"]:
            print(f"| {question['question']} | {gain} | {measured_text(answer)} | {answer['sessions']} | "
                  f"{answer['processors']} | {answer['outcome']} | {answer['reason']} |")


def report(build, out):
    runs = runs_of(out, SCENARIOS)
    if not runs:
        sys.exit(f"{out}: no finished run of a scenario of {SCENARIOS[0].parent}; leave --records out to measure, or widen "
                 "--filter")
    print_claims(decision_of(build, runs, out))
    print(f"\n{out / 'report.html'}, {out / 'decision/decision.md'}")


def report_layout(out):
    for run in runs_of(out, [elimination_numbers.SCENARIO]):
        print(f"\n{run.name}")
        elimination_numbers.print_folded(elimination_numbers.compared(run)[0])
    for scenario, print_numbers in ((layout_numbers.SCENARIO, lambda run: layout_numbers.report(run, False)),
                                    (layout_numbers.OPENCL_SCENARIO, layout_numbers.opencl_report)):
        for run in runs_of(out, [scenario]):
            print(f"\n{scenario.stem}")
            print_numbers(run)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--sessions", type=int, help=f"launches of each scenario (default {FULL_SESSIONS}; 1 with --quick)")
    parser.add_argument("--quick", action="store_true", help="one small group of each scenario")
    parser.add_argument("--layout", action="store_true",
                        help="also the pairs that folding does not speed up, and layout transforms beside their peers")
    arguments = parser.parse_args()
    if not (arguments.out or arguments.records):
        parser.error("--out says where the runs are kept; --records reads those of an earlier one")
    if arguments.quick and arguments.filter:
        parser.error("--quick has filters of its own: leave --filter out")
    sessions = (1 if arguments.quick else FULL_SESSIONS) if arguments.sessions is None else arguments.sessions
    if sessions < 1:
        parser.error("--sessions is at least 1")
    out = pathlib.Path(arguments.records or arguments.out)
    if not arguments.records:
        run_sessions(arguments, out, SCENARIOS, sessions)
        if arguments.layout:
            run_sessions(arguments, out, (layout_numbers.SCENARIO, layout_numbers.OPENCL_SCENARIO), 1)
    report(arguments.build, out)
    if arguments.layout:
        report_layout(out)


if __name__ == "__main__":
    main()
