"""The process that solves: one problem as a line of JSON in, lines of progress and the answer out.

    python -m civic.planning.fill_run < problem.json

It ends by itself when whoever started it is gone: the other end of its input is closed then.
"""

import json
import os
import sys
import threading
from typing import Any

from civic.planning.fill_solver import solve


def main() -> None:
    problem = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _say({"kind": "answer", **solve(problem, _progress)})


def _progress(places: int, value: float, bound: float, chosen: list[int]) -> None:
    _say({"kind": "progress", "places": places, "value": value, "bound": bound, "chosen": chosen})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
