"""The process in which jq expressions run that may take long.

The law: it reads its task from standard input, answers line by line, imports nothing of Syncline, and an
expression that takes too long or too much ends it: the first line that is missing names the culprit.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from typing import Any

import jq


def main() -> None:
    """Answer every question of the task, in its order."""
    task: dict[str, Any] = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (task["memory"], task["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    programs: dict[int, Any] = {}
    for expression, body in task["questions"]:
        # Its default is to end the process, which is all that stops jq.
        signal.setitimer(signal.ITIMER_REAL, task["seconds"])
        answer: Any = []
        try:
            if expression not in programs:
                programs[expression] = jq.compile(task["expressions"][expression])
            answer = programs[expression].input_value(task["bodies"][body]).first()
        except (ValueError, StopIteration):
            pass  # the rule does not fit this object; Argo CD does nothing then, either
        text = json.dumps(answer)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
