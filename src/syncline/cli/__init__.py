"""The command line: arguments become an Invocation, a Report becomes text and an exit code.

The law: what the shell can check is checked before anything is done.
"""

from __future__ import annotations

from syncline.cli import actions, hydrate, logs, recover
from syncline.cli.asking import kube_version, parameters, seconds
from syncline.cli.commands import main
from syncline.cli.running import run

__all__ = ["actions", "hydrate", "kube_version", "logs", "main", "parameters", "recover", "run", "seconds"]
