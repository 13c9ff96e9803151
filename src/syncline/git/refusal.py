"""What it means that another repository could not be fetched.

The law: who is to give credentials is told where, and no password of a URL is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.errors import GitError
from syncline.git.program import first_trouble, without_password
from syncline.patterns import regex

if TYPE_CHECKING:
    from syncline.fetch import Access

_LOGIN: Final = regex(
    # A number alone may be part of the address.
    r"could not read (?:Username|Password)|Authentication failed|returned error: 40[13]\b|Permission denied"
)


def refused(url: str, stderr: str, access: Access) -> GitError:
    """What kept a repository from being fetched, by what git wrote to standard error."""
    shown, said = without_password(url), first_trouble(stderr)
    if "Host key verification failed" in stderr:
        return GitError(
            f"The host key of {shown} is not known.",
            remedy="Put its line of ssh-keyscan into knownHosts under remotes: in syncline.yaml.",
        )
    if _LOGIN.search(stderr):
        message, remedy = access.denial(f"The repository {shown}")
        return GitError(message, remedy=remedy)
    return GitError(
        f"The repository {shown} could not be fetched: {said}.",
        remedy="Look at repoURL; if it is this repository under another URL, list that under repositories: "
        "in syncline.yaml.",
    )
