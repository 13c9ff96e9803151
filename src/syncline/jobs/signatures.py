"""Signed commits, where a project demands them.

The law: a sync of a commit that the project does not trust is refused; a review is told that it would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.signatures import objection, policy_for
from syncline.errors import GitError
from syncline.jobs.fetching import is_own
from syncline.render import normalized_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.application import Application, Source
    from syncline.config.project import AppProject, SignaturePolicy
    from syncline.core.signatures import SignedCommit
    from syncline.jobs.session import Session


def untrusted(app: Application, project: AppProject, revision: str, session: Session) -> Iterator[str]:
    """Why the commits that the application is made of are not trusted, as sentences."""
    seen: set[tuple[str, str]] = set()
    for source in app.sources:
        policy = policy_for(source.repo_url, project.signatures)
        if policy is None or not policy.demands or source.chart or source.repo_url.startswith("oci://"):
            continue
        key = (normalized_url(source.repo_url), source.target_revision)
        if key not in seen:
            seen.add(key)
            where = f"the project {project.name} demands signed commits ({project.place(policy.field)})"
            yield from _of_source(app, source, policy, revision, session, where)


def _of_source(
    app: Application, source: Source, policy: SignaturePolicy, revision: str, session: Session, where: str
) -> Iterator[str]:
    try:
        commits = _commits(app, source, policy, revision, session)
    except GitError as error:
        trouble = f"{error.message} {error.remedy}".strip()
        yield f"It cannot be found out who signed {source.repo_url}, and {where}: {trouble}"
        return
    found = [(commit, why) for commit in commits if (why := objection(commit, policy.keys))]
    if found:
        commit, why = found[0]
        more = f", and {len(found) - 1} more are not trusted either" if len(found) > 1 else ""
        yield f"The commit {commit.sha[:12]} of {source.repo_url} {why}{more}; {where}."


def _commits(
    app: Application, source: Source, policy: SignaturePolicy, revision: str, session: Session
) -> tuple[SignedCommit, ...]:
    from syncline.git.remote import Asked

    elsewhere = session.elsewhere
    if is_own(source.repo_url, session):
        pinned = session.pins.commit(source.target_revision, source.tag_prefix)
        revision = elsewhere.hydrated(app) if app.hydration else pinned.sha if pinned else revision
        return session.repository.signed(elsewhere.keyring, revision, strict=policy.strict)
    asked = Asked(source.repo_url, source.target_revision, source.tag_prefix)
    git = elsewhere.remotes.clone(asked, whole=policy.strict)
    return elsewhere.keyring.commits(git, elsewhere.remotes.resolve(asked).sha, strict=policy.strict)
