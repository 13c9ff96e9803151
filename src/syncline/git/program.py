"""The program git, in one repository.

The law: no program is started that the repository or its configuration names for hooks, filters, text
conversion or file monitoring, whatever they say; nobody is asked for a password; no sentence shows one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.errors import GitError, SynclineError
from syncline.patterns import regex
from syncline.process import Completed, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.room import Room

_GUARDS: Final = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.alternateRefsCommand=",
    "core.autocrlf=false",
    # A sparse work tree is the user's choice for their files; a worktree of ours holds the whole commit.
    "core.sparseCheckout=false",
    # It would keep a part of the index in the clone.
    "core.splitIndex=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "worktree.useRelativePaths=false",
    "advice.detachedHead=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
LOGIN: Final = ("-c", "credential.helper=", "-c", "credential.useHttpPath=true")
"""What is told to git before it logs in elsewhere: nobody keeps the password, and it is for one path."""

_PASSED_ON: Final = ("GIT_", "SSH_", "SSL_CERT_")
_PASSED_NAMES: Final = frozenset({"HOME", "XDG_CONFIG_HOME", "SUDO_UID"})
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_ELSEWHERE: Final = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_INDEX_FILE",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
"""What a Git hook finds set, or what names another repository than the one asked for."""

_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
_ASKED: Final = r"^(filter\.|hook\.|remote\.origin\.url$|user\.name$)"
_LOOK_SECONDS: Final = 20.0
_FETCH_SECONDS: Final = 600.0
_LATE: Final = "Look at the remote, or fetch the commits before."
_PASSWORD: Final = regex(r"(?<=://)[^/\s]*@")


class Git:
    """Runs git in a directory. `environ` is what a fetch may use to log in."""

    def __init__(self, root: Path, *, room: Room, environ: Mapping[str, str]) -> None:
        self.root = root
        self._passed = {name: value for name, value in environ.items() if _is_passed_on(name)}
        self._room = replace(room, environ={**self._passed, **_QUIET}, uid=None, late=_LATE)
        self._settings: tuple[tuple[str, str], ...] | None = None

    def at(self, root: Path) -> Git:
        """The same in another repository."""
        return Git(root, room=self._room, environ=self._passed)

    def run(self, *arguments: str, stdin: bytes = b"") -> Completed:
        """Run to the end, whatever that is."""
        return self._start(arguments, self._room, stdin)

    def fetch(self, *arguments: str) -> bool:
        """Fetch without touching a branch, a tag or FETCH_HEAD; whether that worked."""
        quiet = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        return self._start((*quiet, *arguments), replace(self._room, seconds=_FETCH_SECONDS)).code == 0

    def elsewhere(
        self, variables: Mapping[str, str], *arguments: str, seconds: float, stdin: bytes = b""
    ) -> Completed:
        """Run what speaks to another repository, with what it may log in with."""
        environ = {**self._room.environ, **self._without_filters(), **variables}
        return self._start(arguments, replace(self._room, environ=environ, seconds=seconds), stdin)

    def check_out(self, *arguments: str, place: Path | None = None, stdin: bytes = b"") -> None:
        """Run what writes files of a commit, and no filter; into this directory, where one is named, with an
        index beside it. Names are taken as they are. Raises GitError when it fails.
        """
        there = (
            {"GIT_WORK_TREE": str(place), "GIT_INDEX_FILE": str(place.with_name("index"))} if place else {}
        )
        room = replace(self._room, environ={**self._room.environ, **self._without_filters(), **there})
        answer = self._start(("--literal-pathspecs", *arguments), room, stdin)
        if answer.code:
            raise GitError(f"git {arguments[0]} failed: {last_line(answer.stderr)}.")

    def pending(self) -> int:
        """How many files are not as they are committed, or are in no commit; none where git cannot say."""
        try:
            environ = {**self._room.environ, **self._without_filters()}
            room = replace(self._room, environ=environ, seconds=_LOOK_SECONDS)
            answer = self._start(("status", "--porcelain", "-z"), room)
        except SynclineError:
            return 0  # a remark is not worth a report
        # A renamed file has its former name in an entry of its own.
        entries = [entry for entry in answer.stdout.split(b"\0") if entry[2:3] == b" "]
        return len(entries) if answer.code == 0 else 0

    def output(self, *arguments: str) -> bytes:
        """What it prints. Raises GitError when it fails."""
        answer = self.run(*arguments)
        if answer.code:
            raise GitError(f"git {arguments[0]} failed: {last_line(answer.stderr)}.")
        return answer.stdout

    def text(self, *arguments: str) -> str:
        """The same as text."""
        return self.output(*arguments).decode("utf-8", "surrogateescape")

    def setting(self, name: str) -> str:
        """A value of the clone's or the user's configuration, the last one given; empty without one."""
        return next((value for key, value in reversed(self._configured()) if key == name), "")

    def _configured(self) -> tuple[tuple[str, str], ...]:
        """What is asked of the configuration at any time, read once."""
        if self._settings is None:
            found = self.run("config", "--null", "--get-regexp", _ASKED).stdout
            entries = found.decode("utf-8", "surrogateescape").split("\0")
            pairs = (entry.partition("\n") for entry in entries if entry)
            self._settings = tuple((name, value.strip()) for name, _, value in pairs)
        return self._settings

    def _without_filters(self) -> dict[str, str]:
        """Variables that take the program from every filter and hook which any configuration file defines.

        Not `-c`: a filter may be called `a=b`.
        """
        named = {name.rpartition(".")[0] for name, _ in self._configured() if name.count(".") > 1}
        number = int(self._passed.get("GIT_CONFIG_COUNT") or 0)
        variables = {}
        for section in sorted(name for name in named if name.startswith(tuple(_OFF))):
            for key, value in _OFF[section.partition(".")[0]]:
                variables[f"GIT_CONFIG_KEY_{number}"] = f"{section}.{key}"
                variables[f"GIT_CONFIG_VALUE_{number}"] = value
                number += 1
        return {**variables, "GIT_CONFIG_COUNT": str(number)}

    def _start(self, arguments: tuple[str, ...], room: Room, stdin: bytes = b"") -> Completed:
        guards = [part for guard in _GUARDS for part in ("-c", guard)]
        answer = run(["git", *guards, *arguments], cwd=self.root, room=room, stdin=stdin)
        if answer.code < 0:
            # What it had printed by then looks like an answer: fewer files, no such commit, nothing found.
            raise GitError(
                f"git {_subcommand(arguments)} was ended by signal {-answer.code}.",
                remedy="See whether the machine ran out of memory, and run it again.",
            )
        return answer


_OFF: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "filter": (("smudge", ""), ("clean", ""), ("process", ""), ("required", "false")),
    "hook": (("enabled", "false"), ("command", "")),
}


def _subcommand(arguments: tuple[str, ...]) -> str:
    return next((each for each in arguments if each[:1].isalpha() and "=" not in each), "")


def last_line(text: str) -> str:
    """What git said last, without the password of a URL."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = without_password(lines[-1]) if lines else "no message"
    return said.removeprefix("fatal: ").removeprefix("error: ").rstrip(".")


def first_trouble(text: str) -> str:
    """What went wrong first, where git goes on and complains of what follows from it."""
    said = [line for line in text.splitlines() if line.startswith(("fatal: ", "ssh: "))]
    return last_line(said[0] if said else text)


def without_password(text: str) -> str:
    """URLs without what stands before their host."""
    return _PASSWORD.sub("", text)


def _is_passed_on(name: str) -> bool:
    if name in _ELSEWHERE:
        return False
    return name.startswith(_PASSED_ON) or name in _PASSED_NAMES or name.lower() in _PROXIES
