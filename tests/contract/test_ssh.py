"""Repositories over SSH, from a real sshd on loopback, where one is installed."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from githouse import House
from syncline.errors import GitError
from syncline.fetch import Access
from syncline.git.remote import Asked, Remotes
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")

pytestmark = pytest.mark.skipif(SSHD is None, reason="no sshd is installed")


@dataclass
class Server:
    """Where it listens, what lets in, and by which line it is known."""

    house: House
    url: str
    key: str
    known_hosts: str


def _key(place: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(place)]
    subprocess.run(command, check=True)
    return place


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[None]:
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/key.pub\nPasswordAuthentication no\nUsePAM no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    tried = subprocess.run([str(SSHD), "-t", "-f", str(config)], capture_output=True, text=True, check=False)
    if "rivilege separation" in tried.stderr:
        pytest.skip(f"the sshd here is not set up: {tried.stderr.strip()}")
    with subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(config)], stderr=subprocess.PIPE) as process:
        try:
            _wait_for(port, process)
            yield
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("sshd does not listen")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder, port = tmp_path / "ssh", _free_port()
    folder.mkdir()
    key, host = _key(folder / "key"), _key(folder / "host")
    (tmp_path / "host").mkdir()
    with _serving(folder, port):
        yield Server(
            House(tmp_path / "host"),
            f"ssh://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/host",
            key.read_text(),
            f"[127.0.0.1]:{port} {host.with_suffix('.pub').read_text().rpartition(' ')[0]}",
        )


def remotes(server: Server, *, key: str, known: str) -> Remotes:
    access = Access("host", server.url, ssh_key=key, known_hosts=known)
    return Remotes((access,), Room(path=os.environ["PATH"], seconds=30), {"HOME": os.environ["HOME"]})


def test_a_key_opens_a_host_that_is_known(server: Server) -> None:
    sha = server.house.commit("acme/charts", {"a.yaml": "one"}, "v1.0.0")
    server.house.commit("acme/charts", {"a.yaml": "two"})
    found = remotes(server, key=server.key, known=server.known_hosts)
    tree = found.tree(Asked(f"{server.url}/acme/charts.git", "1.*"))
    assert ((tree.root / "a.yaml").read_text(), tree.sha) == ("one", sha)
    found.close()


def test_neither_an_unknown_host_nor_another_key_is_trusted(server: Server, tmp_path: Path) -> None:
    server.house.commit("acme/charts", {"a.yaml": "one"})
    asked = Asked(f"{server.url}/acme/charts.git")
    other = server.known_hosts.rpartition(" ")[0] + " AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    for known in (other, "[127.0.0.1]:1 ssh-ed25519 AAAA"):
        with pytest.raises(GitError, match=r"host key of .* is not known"):
            remotes(server, key=server.key, known=known).tree(asked)
    stranger = _key(tmp_path / "stranger").read_text()
    with pytest.raises(GitError, match=r"refuses the credentials of remotes\.host"):
        remotes(server, key=stranger, known=server.known_hosts).tree(asked)
