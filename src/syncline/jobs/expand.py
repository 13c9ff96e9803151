"""What ApplicationSets ask is found out, round after round, until nothing is open.

The law: files come from the commit in question and from no work tree; our token and the settings' plugins are
asked only as far as the event is trusted; a question that may not be asked is answered with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.appsets import ask_plugin, render_templates
from syncline.config.appset import ApplicationSet, ClusterFacts, Ledger, Made, SetError, expand
from syncline.config.appset.questions import (
    Branches,
    FileText,
    GoTemplate,
    HasPath,
    OpenPullRequests,
    Paths,
    PluginOutput,
    Question,
    Refusal,
    Repositories,
)
from syncline.config.generated import with_generated
from syncline.config.settings import IN_CLUSTER_SERVER
from syncline.core.trust import Tier
from syncline.errors import GitError, GitHubError, ToolError
from syncline.git.remote import Asked
from syncline.render import normalized_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncline.config import Configuration
    from syncline.config.controller import Controller
    from syncline.config.settings import ClusterAccess, Settings
    from syncline.git import Repository
    from syncline.git.remote import Remotes
    from syncline.jobs.pins import Pins
    from syncline.ports import Environment, Forge
    from syncline.room import Room

_NOT_FOUND: Final = 404
_MOST_ROUNDS: Final = 20
"""Two levels of nesting need eight at most; more would be a mistake of ours."""


class Sources(Struct, frozen=True):
    """Where answers come from. `known` remembers rendered templates, which are the same at every revision.
    `own` are the URLs that mean this repository, `name` is its `owner/name` part; `settings` are the trusted
    ones.
    """

    repository: Repository
    revision: str
    own: frozenset[str]
    name: str
    settings: Settings
    tier: Tier
    room: Room
    environ: Environment
    forge: Callable[[], Forge | None]
    known: dict[Question, Any] = field(default_factory=dict)
    remotes: Callable[[], Remotes] | None = None
    pins: Pins | None = None


def expanded(found: Configuration, sources: Sources) -> Configuration:
    """The configuration with the Applications of all its sets. Raises ToolError when Go's templates cannot be
    rendered at all, and Interrupted.
    """
    if not found.sets:
        return found
    clusters = tuple(_facts(each, found.settings) for each in found.settings.clusters.values())
    ledger = Ledger(dict(sources.known))
    for _ in range(_MOST_ROUNDS):
        results = [
            (appset, _result(appset, ledger, clusters, found.customizations.controller))
            for appset in found.sets
        ]
        if not ledger.missing:
            return with_generated(found, results)
        asked = list(ledger.missing)
        ledger.missing.clear()
        ledger.answers.update(_answers(asked, sources))
    raise RuntimeError("the questions of an ApplicationSet do not end")


def _facts(cluster: ClusterAccess, settings: Settings) -> ClusterFacts:
    is_default = cluster.name == settings.default_cluster
    server = cluster.server_alias or cluster.server or (IN_CLUSTER_SERVER if is_default else "")
    return ClusterFacts(
        cluster.name,
        server,
        cluster.project,
        cluster.labels,
        cluster.annotations,
        is_default=is_default,
    )


def _result(
    appset: ApplicationSet, ledger: Ledger, clusters: tuple[ClusterFacts, ...], controller: Controller
) -> tuple[Made, ...] | SetError:
    try:
        return expand(appset, ledger, clusters, controller)
    except SetError as error:
        return error


def _answers(asked: Sequence[Question], sources: Sources) -> Mapping[Question, Any]:
    templates = [each for each in asked if isinstance(each, GoTemplate)]
    files = [each for each in asked if isinstance(each, FileText)]
    others = [each for each in asked if not isinstance(each, GoTemplate | FileText)]
    answers: dict[Question, Any] = {}
    if templates:
        answers |= _rendered(templates, sources)
        sources.known.update({each: answers[each] for each in templates})
    if files:
        answers |= _texts(files, sources)
    answers.update({each: _answer(each, sources) for each in others})
    return answers


def _rendered(templates: Sequence[GoTemplate], sources: Sources) -> dict[Question, Any]:
    try:
        answers = render_templates(templates, sources.room)
        return {each: answers[each] for each in templates}
    except ToolError as error:
        # Without the program no set with goTemplate is expanded; the others, and plain files, go on.
        refusal = Refusal(f"{error.message} {error.remedy}".strip())
        return dict.fromkeys(templates, refusal)


def _texts(files: Sequence[FileText], sources: Sources) -> dict[Question, Any]:
    """The files, which the listing of their repository's paths has named."""
    ours: dict[str, list[str]] = {}
    for each in files:
        if _is_ours(each.repo, sources):
            ours.setdefault(each.revision, []).append(each.path)
    found = {
        revision: sources.repository.contents(_commit(revision, sources), paths)
        for revision, paths in ours.items()
    }
    return {
        each: found[each.revision].get(each.path, Refusal(f"{each.path} cannot be read."))
        if _is_ours(each.repo, sources)
        else _text_elsewhere(each, sources)
        for each in files
    }


def _commit(revision: str, sources: Sources) -> str:
    """The commit of this repository that a generator names. Raises GitError."""
    target = sources.pins.commit(revision) if sources.pins else None
    return target.sha if target else sources.revision


def _text_elsewhere(question: FileText, sources: Sources) -> Any:
    if sources.remotes is None:
        return Refusal(f"{question.path} of {question.repo} cannot be read.")
    try:
        content = sources.remotes().read(Asked(question.repo, question.revision), question.path)
    except GitError as error:
        return Refusal(f"{error.message} {error.remedy}".strip())
    return Refusal(f"{question.path} cannot be read.") if content is None else content


def _is_ours(repo: str, sources: Sources) -> bool:
    return normalized_url(repo) in sources.own or not sources.own


def _answer(question: Question, sources: Sources) -> Any:
    try:
        match question:
            case Paths():
                return _paths(question, sources)
            case PluginOutput():
                return _plugin(question, sources)
            case OpenPullRequests() | Repositories() | Branches() | HasPath():
                return _hosted(question, sources)
    except GitHubError as error:
        return Refusal(f"{error.message} {error.remedy}".strip(), absent=error.status == _NOT_FOUND)
    raise TypeError(type(question).__name__)


def _paths(question: Paths, sources: Sources) -> Any:
    if not question.repo:
        return Refusal("The git generator needs a repoURL.")
    if _is_ours(question.repo, sources):
        try:
            return sources.repository.paths(_commit(question.revision, sources))
        except GitError as error:
            return Refusal(f"{error.message} {error.remedy}".strip())
    if sources.remotes is None:
        return Refusal(f"The git generator reads {question.repo}, and nothing is fetched here.")
    try:
        return sources.remotes().paths(Asked(question.repo, question.revision))
    except GitError as error:
        return Refusal(f"{error.message} {error.remedy}".strip())


def _plugin(question: PluginOutput, sources: Sources) -> Any:
    if sources.tier is Tier.RENDER:
        return Refusal(
            f"The plugin {question.name} is not asked, because this event may render only; what it would "
            f"make "
            "is seen after the merge."
        )
    access = sources.settings.plugins.get(question.name)
    if access is None:
        return Refusal(
            f"The plugin {question.name} is unknown; give its baseUrl under plugins: in syncline.yaml."
        )
    token = sources.environ.get(access.token_env, "") if access.token_env else ""
    if access.token_env and not token:
        return Refusal(
            f"The variable {access.token_env}, the token of the plugin {question.name}, is not set."
        )
    return ask_plugin(question, access, token)


def _hosted(question: OpenPullRequests | Repositories | Branches | HasPath, sources: Sources) -> Any:
    forge = sources.forge()
    if forge is None:
        return Refusal("GitHub has to be asked, and there is no token; set GITHUB_TOKEN or the input token.")
    if question.api and question.api != forge.url:
        return Refusal(
            f"It names the API {question.api}, and this run's token is for {forge.url}; it is sent nowhere "
            f"else."
        )
    owner = (
        question.organization if isinstance(question, Repositories) else f"{question.owner}/{question.repo}"
    )
    if sources.tier is Tier.RENDER and owner.lower() != sources.name:
        return Refusal(f"{owner} is not asked for, because this event may render only.")
    match question:
        case OpenPullRequests():
            return forge.pull_requests(question.owner, question.repo)
        case Repositories():
            return forge.repositories(question.organization)
        case Branches():
            return forge.branches(question.owner, question.repo, question.only)
        case HasPath():
            return forge.has_path(question.owner, question.repo, question.sha, question.path)
