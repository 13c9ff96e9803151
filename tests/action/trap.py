"""A cluster that must not be asked: it counts who comes, and sends them away."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


REFUSAL = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class Trap:
    """`kubeconfig` leads here; `file` holds the same; `connections` came."""

    kubeconfig: str
    file: Path
    connections: int = 0

    def catch(self, listener: socket.socket) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self.connections += 1
                with connection, suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(REFUSAL)


@contextmanager
def trapped(folder: Path) -> Iterator[Trap]:
    """A trap that listens on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
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
        trap = Trap(json.dumps(config), file)
        catcher = threading.Thread(target=trap.catch, args=(listener,), daemon=True)
        catcher.start()
        yield trap
        listener.shutdown(socket.SHUT_RDWR)
        catcher.join()
