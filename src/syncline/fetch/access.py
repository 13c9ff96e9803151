"""With what an address is asked.

The law: an access counts for its own host, port and path and what is below that, never for a longer host name
that begins alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from syncline.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORTS: Final = {"https": 443, "http": 80, "oci": 443}


class Access(Discreet, frozen=True):
    """The credentials for a repository, and how its server is known.

    `missing` names the environment variables that should hold them and are empty; `withheld` says that there
    are some which this event does not get.  `ca` is PEM text, and so are `certificate` and `key`, by which a
    server that asks for it knows us (the key may stand in the certificate's text); `ssh_key` is a private
    key, `known_hosts` lines of that file; the last three are about Git: how much history, and what else a
    checkout holds.
    """

    _SHOWN = ("name", "url")

    name: str = ""
    url: str = ""
    username: str = ""
    password: str = ""
    ca: str = ""
    insecure: bool = False
    plain_http: bool = False
    missing: tuple[str, ...] = ()
    withheld: bool = False
    certificate: str = ""
    key: str = ""
    ssh_key: str = ""
    known_hosts: str = ""
    depth: int = 1
    submodules: bool = True
    lfs: bool = False

    @property
    def has_login(self) -> bool:
        """Whether there is something to identify with."""
        return bool(self.username or self.password or self.ssh_key or self.certificate)

    @property
    def has_password(self) -> bool:
        """Whether there is a name or a password to send."""
        return bool(self.username or self.password)

    def denial(self, what: str, answer: str = "") -> tuple[str, str]:
        """What is said of a server that lets nobody in, or not us, and the remedy; `answer` is its own."""
        if self.withheld:
            return (
                f"{what} asks who we are{answer}, and this event may use no credentials.",
                "A pull request of this repository may; or make it readable by everybody.",
            )
        if self.missing:
            names = " and ".join(self.missing)
            return (
                f"{what} asks who we are{answer}, and {names} of remotes.{self.name} is not set.",
                "Set it from a secret of the workflow.",
            )
        if self.has_login:
            return (
                f"{what} refuses the credentials of remotes.{self.name}{answer}.",
                "Put valid ones into the environment variables that it names.",
            )
        return (
            f"{what} asks who we are{answer}.",
            "Give its URL and the variables with the credentials under remotes: in syncline.yaml.",
        )


ANONYMOUS: Final = Access()


def access_for(url: str, known: Iterable[Access]) -> Access:
    """The access with the longest address that the URL lies below; one without credentials if none is."""
    fitting = [access for access in known if _covers(access.url, url)]
    return max(fitting, key=lambda access: len(access.url), default=ANONYMOUS)


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs are answered by one server, asked in the same way."""
    return _origin(one) == _origin(other)


def _covers(address: str, url: str) -> bool:
    if _authority(address) != _authority(url):
        return False
    path, wanted = _path(address), _path(url)
    return not path or wanted == path or wanted.startswith(f"{path}/")


def _path(url: str) -> str:
    return urlsplit(_with_scheme(url)).path.rstrip("/")


def _authority(url: str) -> tuple[str, int]:
    parts = urlsplit(_with_scheme(url))
    return ((parts.hostname or "").lower(), _port(parts.scheme, parts.port))


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(_with_scheme(url))
    return (parts.scheme, (parts.hostname or "").lower(), _port(parts.scheme, parts.port))


def _port(scheme: str, port: int | None) -> int:
    return port or _PORTS.get(scheme, 0)


def _with_scheme(url: str) -> str:
    # A chart in a registry is written without a scheme (Argo CD, "Helm OCI").
    return url if "://" in url else f"oci://{url}"
