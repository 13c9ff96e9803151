"""A cluster that must not be asked: it counts who comes, and says nothing."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Trap:
    """`kubeconfig` leads here; `file` holds the same."""

    listener: socket.socket
    kubeconfig: str
    file: Path

    def connections(self) -> int:
        """How many came; they are still in the queue of the socket."""
        came = 0
        while True:
            try:
                connection, _ = self.listener.accept()
            except BlockingIOError:
                return came
            connection.close()
            came += 1


@contextmanager
def trapped(folder: Path) -> Iterator[Trap]:
    """A trap that listens on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "trap",
            "clusters": [
                {"name": "trap", "cluster": {"server": f"http://127.0.0.1:{listener.getsockname()[1]}"}}
            ],
            "users": [{"name": "trap", "user": {"token": "a-token-of-the-trap"}}],
            "contexts": [{"name": "trap", "context": {"cluster": "trap", "user": "trap"}}],
        }
        file = folder / "trap.kubeconfig"
        file.write_text(json.dumps(config))
        yield Trap(listener, json.dumps(config), file)
