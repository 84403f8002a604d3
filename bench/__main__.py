"""The command line: `python -m bench` measures; `--gate` and `--soak` do one thing only."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import gate, machine, profiles, report, soak
from bench.build import ToolError
from bench.contenders import GateError
from bench.hostile_soak import hostile_soak
from bench.load import AnswerError
from bench.peers import NAMES as PEERS
from bench.processes import StartError
from bench.rounds import Plan, play

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
CONTENDERS = ("direct", "nginx", "ours")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    verb = parser.add_mutually_exclusive_group()
    verb.add_argument("--gate", action="store_true", help="only the correctness gate, seconds")
    verb.add_argument("--soak", action="store_true", help="flat memory under mixed streams")
    verb.add_argument(
        "--hostile", action="store_true", help="the soak with hostile clients and vendors"
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of either soak")
    parser.add_argument("--workers", type=int, default=1, help="of the gate")
    parser.add_argument("--peers", action="store_true", help=f"also {' and '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="per profile and contender")
    parser.add_argument("--contenders", default=",".join(CONTENDERS))
    parser.add_argument("--profiles", default=",".join(each.name for each in profiles.ALL))
    parser.add_argument("--output", type=Path, default=PAGE)
    parser.add_argument("--date", default="", help="the date on the page; today if empty")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(arguments: argparse.Namespace) -> int:
    given = os.environ.get("BENCH_PEER", "")
    names = [each for each in arguments.contenders.split(",") if each]
    names += [each for each in PEERS if arguments.peers and each not in names]
    names += ["given"] if given else []
    wanted = arguments.profiles.split(",")
    chosen = [each for each in profiles.ALL if each.name in wanted]
    busy_share = machine.busy_share()
    results = play(Plan(arguments.rounds, arguments.seconds, names, chosen, given, _say))
    date = arguments.date or datetime.now(tz=UTC).date().isoformat()
    run = report.Run(date, arguments.rounds, arguments.seconds, busy_share)
    page = report.render(results, run)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(page)
    print(page)
    return 0


def main() -> int:
    """Do what the command line says; 1 when a gate failed, and then without any figure."""
    arguments = _arguments()
    try:
        if arguments.soak:
            return 0 if soak.soak(arguments.minutes, _say) else 1
        if arguments.hostile:
            return 0 if hostile_soak(arguments.minutes, _say) else 1
        if arguments.gate:
            count = gate.check_ours(arguments.workers)
            print(f"gate: {count} requests, every answer and every charge right")
            return 0
        return _run(arguments)
    except (GateError, AnswerError, StartError, ToolError) as reason:
        _say(f"bench: {type(reason).__name__}: {reason}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
