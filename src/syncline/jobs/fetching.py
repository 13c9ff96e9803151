"""What a run fetches sources elsewhere with.

The law: addresses and CAs come from the trusted commit's settings, secrets from the environment alone, and an
event that may render only gets none.
"""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.config.settings import ClusterAccess
from syncline.core.trust import Tier
from syncline.errors import ClusterError, ConfigError, GitError
from syncline.fetch import Access, Store
from syncline.jobs.targets import unmanaged_of
from syncline.once import Once
from syncline.render import Checkout, Workshop, normalized_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.config.application import Application, Source
    from syncline.config.settings import RemoteAccess
    from syncline.core.git_refs import Target
    from syncline.fetch.web import Web
    from syncline.git import Repository
    from syncline.git.remote import Remotes
    from syncline.git.signatures import Keyring
    from syncline.jobs.once import AtRevision
    from syncline.jobs.session import Session
    from syncline.render import RenderOptions
    from syncline.render.remote_targets import Base
    from syncline.room import Room


class Elsewhere:
    """What a run fetches: charts and artifacts, and trees of other repositories."""

    def __init__(self, session: Session, room: Room, trusted: str) -> None:
        """`trusted` is the commit whose settings count. Raises ConfigError for a CA that is none."""
        revision = trusted or session.head
        self._session = session
        self._room = room
        self._revision = revision
        self._apart: Once[tuple[str, str, str], bool] = Once(self._lies_elsewhere)
        self._branches: Once[tuple[str, str], str] = Once(self._branch)
        settings, environ = session.settings, session.invocation.environ
        accesses = self._accesses = tuple(_accesses(session, revision))
        aliases = {name: remote.url for name, remote in settings.remotes.items()}

        def web() -> Web:
            from syncline.fetch.web import Web

            return Web(accesses, environ, seconds=settings.render_timeout, check=room.check)

        self.workshop = Workshop(web, Store.of(environ), aliases)
        if settings.gpg_keys or settings.allowed_signers:
            _ = self.keyring  # what is wrong with it is told at once

    @cached_property
    def remotes(self) -> Remotes:
        """Other repositories."""
        from syncline.git.remote import Remotes

        invocation = self._session.invocation
        return Remotes(
            self._accesses,
            self._room,
            invocation.environ,
            listed_only=invocation.tier is Tier.RENDER,
            reviews=invocation.tier is not Tier.WRITE,
        )

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that the settings trust. Raises ConfigError for a file of theirs that is not there."""
        return _keyring(self._session, self._revision, self._room)

    def tree(self, source: Source, app: Application) -> Checkout:
        """The files of a source of another repository, or of another branch. Raises GitError."""
        if app.hydration is not None and is_own(source.repo_url, self._session):
            sha = self.hydrated(app)
            if not sha:
                raise GitError(
                    f"The branch {source.target_revision!r} does not exist: {app.name} was never hydrated.",
                    place=app.origin,
                    remedy="Hydrate it, or correct syncSource.targetBranch.",
                )
            root, branch = self._session.checkouts.whole(sha).root, source.target_revision
            return Checkout(root, sha, label=f"{branch}@{sha[:7]}", found_by=f"refs/heads/{branch}")
        from syncline.git.remote import Asked

        try:
            tree = self.remotes.tree(Asked(source.repo_url, source.target_revision, source.tag_prefix))
        except GitError as error:
            raise GitError(error.message, place=app.origin, remedy=error.remedy) from error
        label = f"{_short(source.repo_url)}@{tree.sha[:7]}"
        return Checkout(tree.root, tree.sha, label=label, found_by=tree.name)

    def pinned(self, source: Source, app: Application) -> Checkout | None:
        """The files of a source of this repository that names another commit than the one at hand, which None
        stands for. Raises GitError.
        """
        try:
            target = self.pin(source, app)
            if target is None:
                return None
            root = self._session.checkouts.whole(target.sha).root
        except GitError as error:
            raise GitError(error.message, place=app.origin, remedy=error.remedy) from error
        name = target.name.removeprefix("refs/heads/").removeprefix("refs/tags/")
        label = f"{name}@{target.sha[:7]}" if name else target.sha[:12]
        return Checkout(root, target.sha, label=label, found_by=target.name)

    def pin(self, source: Source, app: Application) -> Target | None:
        """The other commit of this repository that a source names. Raises GitError where there is none."""
        session = self._session
        if source.chart or app.hydration is not None or not is_own(source.repo_url, session):
            return None
        return session.pins.commit(source.target_revision, source.tag_prefix)

    def is_elsewhere(self, source: Source, app: Application) -> bool:
        """Whether its files are those of another repository, or of another commit of this one."""
        if source.chart or app.hydration is not None:
            return False
        return self._apart[source.repo_url, source.target_revision, source.tag_prefix]

    def _lies_elsewhere(self, asked: tuple[str, str, str]) -> bool:
        url, revision, tag_prefix = asked
        if url and not is_own(url, self._session):
            return True
        try:
            return self._session.pins.commit(revision, tag_prefix) is not None
        except GitError:
            return True

    def base(self, base: Base, home: Checkout) -> Checkout:
        """The files of a repository that a Kustomization names. Of this one it is `home`, the commit at hand,
        unless another is named. Raises GitError.
        """
        url, session = base.url, self._session
        if session.render_options.repositories and is_own(url, session):
            target = session.pins.commit(base.revision)
            if target is None or target.sha == home.revision:
                # The checkout at hand may hold no more than what the application is known to read.
                return session.checkouts.whole(home.revision)
            root, sha, found_by = session.checkouts.whole(target.sha).root, target.sha, target.name
        else:
            from syncline.git.remote import Asked

            revision = self.remotes.fetchable(url, base.revision)
            tree = self.remotes.tree(Asked(url, revision, submodules=base.submodules))
            root, sha, found_by = tree.root, tree.sha, tree.name
        return Checkout(root, sha, label=f"{_short(url)}@{sha[:7]}", found_by=found_by)

    def hydrated(self, app: Application) -> str:
        """The commit that a hydrated application is synced from, or nothing. Raises GitError."""
        wet = app.sources[0] if app.hydration is None else app.hydration.wet
        return self._branches[wet.repo_url, wet.target_revision]

    def _branch(self, asked: tuple[str, str]) -> str:
        url, name = asked
        if is_own(url, self._session):
            return self._session.repository.remote_branch(name)
        return self.remotes.branch(url, name)

    def close(self) -> None:
        """End the connections and remove what was made."""
        self.workshop.close()
        for name in ("remotes", "keyring"):
            if name in self.__dict__:
                getattr(self, name).close()


def _short(url: str) -> str:
    return "/".join(normalized_url(url).split("/")[-2:])


def is_own(url: str, session: Session) -> bool:
    """Whether a URL means this repository."""
    known = set(map(normalized_url, session.render_options.repositories))
    return not known or normalized_url(url) in known


def _keyring(session: Session, revision: str, room: Room) -> Keyring:
    def committed(path: str) -> bytes:
        content = session.repository.read(revision, path)
        if content is None:
            raise ConfigError(
                f"The file {path!r} under signing is not in the repository.", remedy="Commit it."
            )
        return content

    from syncline.git.signatures import Keyring

    settings = session.settings
    signers = settings.allowed_signers
    return Keyring(
        [committed(path) for path in settings.gpg_keys],
        committed(signers).decode("utf-8", "replace") if signers else "",
        room,
    )


def _accesses(session: Session, revision: str) -> Iterator[Access]:
    for remote in session.settings.remotes.values():
        may_log_in = session.invocation.tier is not Tier.RENDER
        access = _access(remote, session.invocation.environ, may_log_in=may_log_in)
        name = access.username if remote.username_env else ""
        for secret in (access.password, name, access.ssh_key, access.key):
            session.masker.learn_value(secret.encode())
        yield replace(access, ca=_ca(remote, session.repository, revision))


def fitted(asked: AtRevision, session: Session) -> RenderOptions:
    """What renderers are given, with what the settings say of this application and of its cluster.

    The version of Kubernetes that somebody asks about counts for the head of a change.
    """
    app, settings = asked.app, session.settings
    what_if = session.invocation.kube_version if asked.revision == session.head else ""
    try:
        access = settings.clusters.get(session.cluster_name(app.destination)) or ClusterAccess("")
    except ClusterError:
        access = ClusterAccess("")  # whoever needs the cluster will hear of it
    return replace(
        session.render_options,
        helm_forced=settings.helm_by_app.get(app.name, ""),
        helm_default=settings.helm,
        kube_version=what_if or access.kube_version or settings.kube_version,
        api_versions=access.api_versions,
        unmanaged=unmanaged_of(app.destination, session),
    )


def _access(remote: RemoteAccess, environ: Mapping[str, str], *, may_log_in: bool) -> Access:
    plain = Access(
        remote.name,
        remote.url,
        insecure=remote.insecure,
        plain_http=remote.plain_http,
        known_hosts=remote.known_hosts,
        depth=remote.depth,
        submodules=remote.submodules,
        lfs=remote.lfs,
    )
    every = (
        remote.username_env,
        remote.password_env,
        remote.ssh_key_env,
        remote.client_certificate_env,
        remote.client_key_env,
    )
    names = [name for name in every if name]
    if not may_log_in:
        return replace(plain, withheld=bool(names))
    missing = tuple(name for name in names if not environ.get(name, "").strip())
    if missing:
        return replace(plain, missing=missing)
    held = {name: environ[name].strip() for name in names}
    return replace(
        plain,
        username=held.get(remote.username_env, remote.username),
        password=held.get(remote.password_env, ""),
        ssh_key=held.get(remote.ssh_key_env, ""),
        certificate=held.get(remote.client_certificate_env, ""),
        key=held.get(remote.client_key_env, ""),
    )


def _ca(remote: RemoteAccess, repository: Repository, revision: str) -> str:
    if remote.ca_data:
        try:
            return base64.b64decode(remote.ca_data, validate=True).decode()
        except (binascii.Error, ValueError):
            raise ConfigError(
                f"The caData of remotes.{remote.name} is not base64.", remedy="Encode the PEM file in base64."
            ) from None
    if not remote.ca_file:
        return ""
    content = repository.read(revision, remote.ca_file)
    if content is None:
        raise ConfigError(
            f"The caFile {remote.ca_file!r} of remotes.{remote.name} is not in the repository.",
            remedy="Commit it, or correct the path, which begins at the repository's root.",
        )
    return content.decode("utf-8", "replace")
