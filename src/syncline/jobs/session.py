"""What a run holds open: the repository, its worktrees, the clusters, the masker of secrets.

The law: each commit is checked out once, each cluster connected once, and each application rendered once for
each revision, whoever asks and however often.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct
from msgspec.structs import replace

from syncline.config import Configuration
from syncline.config.customizations import DIRECTORY, bundled
from syncline.core.customized import Customized
from syncline.core.health import Assessor
from syncline.core.options import confirmed, options_of
from syncline.core.plan import Policy
from syncline.errors import ConfigError, GitHubError
from syncline.git import Repository
from syncline.jobs.border import scrub_error
from syncline.jobs.checkouts import Checkouts
from syncline.jobs.clusters import Clusters
from syncline.jobs.custom_kinds import Definitions
from syncline.jobs.definitions import Mentions, cluster_named, definitions, inside, nameless
from syncline.jobs.family import gather
from syncline.jobs.fetching import Elsewhere
from syncline.jobs.inputs import InputTable
from syncline.jobs.pins import Pins
from syncline.jobs.projects import project_of
from syncline.jobs.rendering import Trusted, options_for
from syncline.jobs.renderings import Renderings
from syncline.jobs.reviewed import Reviews
from syncline.kube.request import WORKERS
from syncline.once import Once
from syncline.render import RenderOptions, normalized_url
from syncline.report.model import Job
from syncline.runtime import Ahead, all_of
from syncline.wall import offered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncline.config.application import Application, Destination
    from syncline.config.appset.questions import Question
    from syncline.config.comparison import Comparison
    from syncline.config.project import AppProject
    from syncline.config.settings import Customizations, Settings
    from syncline.core.applyset import Owner
    from syncline.core.family import Family
    from syncline.core.health import Assess
    from syncline.core.inventory import Inventory
    from syncline.core.mask import Masker
    from syncline.core.rendering import Rendering
    from syncline.jobs.invocation import Invocation, Permissions
    from syncline.kube.cluster import ApiCluster
    from syncline.ports import Clock, Forge
    from syncline.room import Room
    from syncline.runtime import Cancellation


class Surroundings(Struct, frozen=True):
    """What the shell gives a run: time, a way to stop it, what hides its secrets, the renderers' room, and
    where traces go.
    """

    clock: Clock
    cancellation: Cancellation
    masker: Masker
    home: Path
    room: Room
    cores: int = 2
    forge: Callable[[], Forge | None] = lambda: None
    debug: Callable[[str], None] = lambda _: None


class Session:
    """One run's open things; leaving the block closes them."""

    def __init__(self, invocation: Invocation, surroundings: Surroundings) -> None:
        self.invocation = invocation
        self.clock = surroundings.clock
        self.cancellation = surroundings.cancellation
        self.masker = surroundings.masker
        self.debug = surroundings.debug
        self.repository = Repository(invocation.root, room=surroundings.room, environ=invocation.environ)
        self.renderers = surroundings.cores + 2  # while some compare, the others keep the cores busy
        self.workers = WORKERS
        self.room = surroundings.room
        self._surroundings = surroundings
        self._stack = ExitStack()
        self.ahead = Ahead()
        self.checkouts = Checkouts(self)
        self._files: Once[str, Configuration] = Once(self._read_files)
        self.mentions = Mentions(self)
        self._configurations: Once[str, Configuration] = Once(self._configure)
        self._families: Once[str, Family] = Once(lambda revision: gather(self, revision))
        self.definitions: Once[str, Definitions] = Once(lambda sha: Definitions(self.repository, sha))
        self._elsewhere: Once[str, Elsewhere] = Once(self._look_elsewhere)
        self._members: Once[tuple[str, str], bool] = Once(self._ask_member)
        self._forges: Once[str, Forge | None] = Once(lambda _: surroundings.forge())
        self.pins = Pins(self.repository, invocation.environ, base=invocation.base, is_named=bool(self._name))
        self.renderings = Renderings(self)
        self.inputs = InputTable(self)
        self.reviews = Reviews(self)
        self.clusters = Clusters(self, surroundings)
        self._settings_revision = ""
        self._pending: Once[str, int] = Once(lambda _: self.repository.pending())
        self._rendered_templates: dict[Question, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.ahead.close()
        self.clusters.close()
        for forge in self._forges.made():
            if forge is not None:
                forge.close()
        self.renderings.close()
        # What removes many files does it while the other does.
        all_of((self.checkouts.close, self._stack.close), workers=2)
        if error is not None:
            scrub_error(error, self.masker)

    @property
    def head(self) -> str:
        """The commit the run is about."""
        return self.repository.resolve(self.invocation.head or "HEAD")

    @cached_property
    def base(self) -> str:
        """What a diff compares with: where the head parted from the base asked for, or the default branch.

        A merge commit's first parent is its own merge base: a pull request shows what merging will do.
        """
        asked = self.invocation.base or self.repository.default_branch()
        return self.repository.merge_base(asked, self.head)

    def trust(self, revision: str) -> None:
        """Take the settings (clusters, limits) from this commit.

        On a pull request that is the base: a change must not choose where our token is sent before it is
        merged.
        """
        self._settings_revision = revision
        self.__dict__.pop("render_options", None)
        files = self._files[revision]
        annotations = files.customizations.sensitive_annotations
        self.masker.obey(replace(files.settings.masking, secret_annotations=annotations))

    def begin_with_clusters(self) -> str:
        """The head, with its settings, of a job that asks clusters; what such a job needs of us and of git is
        begun, so that nobody waits for it later.
        """
        self.clusters.expect()
        head = self.head
        self.trust(head)
        self.ahead.begin(lambda: self.customized)
        return head

    @property
    def pending(self) -> int:
        """How many files are not as they are committed: git looks at all of them."""
        return self._pending[""]

    @property
    def settings(self) -> Settings:
        """`syncline.yaml` as of the trusted commit."""
        return self._files[self._settings_revision].settings

    @property
    def forge(self) -> Forge | None:
        """GitHub, for questions; None without a token."""
        return self._forges[""]

    def is_member(self, team: str, login: str) -> bool:
        """Whether GitHub says that somebody belongs to a team. Raises GitHubError."""
        return self._members[team, login]

    def project(self, name: str) -> AppProject | None:
        """The project that the change brings or, for what is not a diff, that the trusted commit has.

        None for one that nothing restricts. Raises ConfigError for one that is broken or unknown.
        """
        revision = self.head if self.invocation.job is Job.DIFF else self._settings_revision
        return project_of(name, self._files[revision], self.settings)

    @property
    def permissions(self) -> Permissions:
        """What the caller allows."""
        return self.invocation.permissions

    @property
    def repository_id(self) -> str:
        """What identifies the repository in the clusters it syncs."""
        return self._name or str(self.invocation.root.resolve())

    @cached_property
    def assess(self) -> Assess:
        """How well an object is, by the scripts of the trusted commit and the built-in rules."""
        return Assessor(self.customized, self.clock.now)

    @cached_property
    def customized(self) -> Customized:
        """The scripts for health and actions as of the trusted commit: a change's own count when merged."""
        revision = self._settings_revision
        if not revision:
            return Customized()
        files = self.repository.files_containing(revision, ("return",), (f"{DIRECTORY}/*.lua",))
        return Customized(self.configuration(revision).customizations.kinds, bundled(files.items()))

    @property
    def customizations(self) -> Customizations:
        """`argocd-cm` as of the trusted commit: a change cannot hide what it brings."""
        return self._files[self._settings_revision].customizations

    @property
    def comparison(self) -> Comparison:
        """How objects are compared."""
        return self.customizations.comparison

    def written(self, revision: str) -> Configuration:
        """What the files of this commit say, ApplicationSets not expanded. Raises ConfigError."""
        return self._files[revision]

    def configuration(self, revision: str) -> Configuration:
        """Every definition found at this commit."""
        return self._configurations[revision]

    def applications(self, revision: str) -> tuple[Application, ...]:
        """The applications at this commit; with `--path` the one that is this directory."""
        if self.invocation.path:
            return (nameless(inside(self.repository.root, self.invocation)),)
        return self.family(revision).applications

    def family(self, revision: str) -> Family:
        """The same with who renders whom."""
        return self._families[revision]

    def rendering(self, app: Application, revision: str) -> Rendering:
        """The application's manifests at this commit. Raises RenderError."""
        return self.renderings.of(app, revision)

    def unrendered(self, revision: str) -> bool:
        """Whether some application of this commit could not be rendered when it was asked for."""
        return self.renderings.failed(revision)

    def policy(self, app: Application, owner: Owner, known: Inventory) -> Policy:
        """What a plan for this application may do."""
        return Policy(
            options=options_of(app),
            confirmed=confirmed(app.annotations, known),
            prune=app.sync_policy.prune or self.permissions.prune,
            adopt=self.permissions.adopt,
            protected_kinds=self.settings.guard.protected_kinds,
            approved=self.permissions.approved,
            owner_id=owner.id,
        )

    def cluster(self, destination: Destination) -> ApiCluster:
        """The cluster that an Application names. Raises ClusterError or ConfigError with what to add."""
        return self.clusters.named(self.cluster_name(destination))

    def cluster_name(self, destination: Destination) -> str:
        """The configuration's name of a destination; empty for the default cluster when it has no name."""
        return cluster_named(destination, self.settings)

    def _look_elsewhere(self, revision: str) -> Elsewhere:
        return self._stack.enter_context(closing(Elsewhere(self, self._surroundings.room, revision)))

    def _configure(self, revision: str) -> Configuration:
        found = self._files[revision]
        if not found.sets:
            return found
        from syncline.jobs.expand import Sources, expanded

        return expanded(
            found,
            Sources(
                repository=self.repository,
                revision=revision,
                own=frozenset(map(normalized_url, self._own)),
                name="/".join(self._name.split("/")[-2:]),
                settings=self.settings,
                tier=self.invocation.tier,
                room=self.room,
                environ=self.invocation.environ,
                forge=lambda: self.forge,
                known=self._rendered_templates,
                remotes=lambda: self.elsewhere.remotes,
                pins=self.pins,
            ),
        )

    def _read_files(self, revision: str) -> Configuration:
        if not revision:
            return Configuration()
        found = self.mentions[revision]
        for other in self.mentions.alike(revision):
            if (same := self._files.find(other)) is not None:
                return same
        configuration = definitions(found)
        for complaint in configuration.settings_errors:
            raise ConfigError(complaint.message, place=complaint.place)
        return configuration

    @cached_property
    def render_options(self) -> RenderOptions:
        """What renderers are given. Raises ConfigError for a plugin that cannot be read."""
        room = replace(self._surroundings.room, seconds=self.settings.render_timeout)
        source = Trusted(self.repository, self._settings_revision, self._files[self._settings_revision])
        options = options_for(self.invocation, source, room, self._own)
        if "1" in {self.invocation.environ.get(name) for name in ("SYNCLINE_DEBUG", "RUNNER_DEBUG")}:
            self.debug(offered().lacks or "Renderers are walled in.")
        there = self.elsewhere
        return replace(
            options,
            workshop=there.workshop,
            trees=there.tree,
            pinned=there.pinned,
            is_elsewhere=there.is_elsewhere,
            bases=there.base,
        )

    @property
    def elsewhere(self) -> Elsewhere:
        """What is fetched from other places."""
        return self._elsewhere[self._settings_revision]

    def _ask_member(self, asked: tuple[str, str]) -> bool:
        if self.forge is None:
            raise GitHubError(
                "GitHub has to be asked who is in a team, and there is no token.",
                remedy="Set GITHUB_TOKEN or the input token.",
            )
        return self.forge.is_member(*asked)

    @property
    def _own(self) -> frozenset[str]:
        """The URLs that mean this repository; none when nobody knows its name."""
        return frozenset({self._name, *self.settings.repositories}) if self._name else frozenset()

    @cached_property
    def _name(self) -> str:
        return normalized_url(self.invocation.repository or self.repository.origin_url())
