"""The generators that ask GitHub or a plugin: pullRequest, scmProvider and plugin.

The law: what a stranger may choose (a branch's name, a title, a label) arrives as a value of a parameter and
nowhere else.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from syncline.config.appset.model import Generator, Parameters, SetError
from syncline.config.appset.questions import (
    Branch,
    Branches,
    GoTemplate,
    HasPath,
    HostedRepository,
    OpenPullRequests,
    PluginOutput,
    PullRequest,
    Repositories,
)
from syncline.config.appset.texts import dns_name, flattened, go_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.config.appset.context import Context

_SHORT: Final = 8
_SHORT_7: Final = 7
_SLUG: Final = json.dumps("{{ slugify 50 true .text }}")


def pull_requests(generator: Generator, context: Context) -> list[Parameters]:
    """One set of parameters for each open pull request that a filter and all labels let through."""
    where = _github(generator)
    labels = set(where.get("labels") or ())
    question = OpenPullRequests(str(where.get("owner") or ""), str(where.get("repo") or ""), _api(where))
    try:
        (found,) = context.ask([question], generator.path)
    except SetError as error:
        if not (error.absent and generator.body.get("continueOnRepoNotFoundError")):
            raise
        found = ()
    rules = generator.body.get("filters") or ()
    chosen = [
        each
        for each in found
        if labels <= set(each.labels) and _passes(rules, lambda rule, each=each: _fits(rule, each, generator))
    ]
    branches = [name for each in chosen for name in (each.branch, each.target_branch)]
    slugs = context.ask((GoTemplate(_SLUG, json.dumps({"text": name})) for name in branches), generator.path)
    made = [
        Parameters(_of_pull_request(each, slugs[2 * number : 2 * number + 2], context))
        for number, each in enumerate(chosen)
    ]
    return context.with_values(made, generator)


def _of_pull_request(pull: PullRequest, slugs: list[str], context: Context) -> dict[str, Any]:
    known: dict[str, Any] = {
        "number": str(pull.number),
        "title": pull.title,
        "branch": pull.branch,
        "branch_slug": slugs[0],
        "target_branch": pull.target_branch,
        "target_branch_slug": slugs[1],
        "head_sha": pull.head_sha,
        "head_short_sha": pull.head_sha[:_SHORT],
        "head_short_sha_7": pull.head_sha[:_SHORT_7],
        "author": pull.author,
    }
    return {**known, "labels": list(pull.labels)} if context.appset.is_go else known


def _fits(rule: Mapping[str, Any], pull: PullRequest, generator: Generator) -> bool:
    texts = {
        "branchMatch": pull.branch,
        "targetBranchMatch": pull.target_branch,
        "titleMatch": pull.title,
    }
    return all(_found(rule[name], text, generator) for name, text in texts.items() if rule.get(name))


def repositories(generator: Generator, context: Context) -> list[Parameters]:
    """One set of parameters for each branch of each repository that a filter lets through."""
    where, api = _github(generator), _api(_github(generator))
    organization = str(where.get("organization") or "")
    (found,) = context.ask([Repositories(organization, api)], generator.path)
    wanted = [each for each in found if not (each.archived and where.get("excludeArchivedRepos"))]
    rules = generator.body.get("filters") or ()
    candidates = [each for each in wanted if _may_pass(rules, each, generator)]
    branches = context.ask(
        (
            Branches(
                each.organization, each.name, "" if where.get("allBranches") else each.default_branch, api
            )
            for each in candidates
        ),
        generator.path,
    )
    pairs = [(repo, one) for repo, many in zip(candidates, branches, strict=True) for one in many]
    _ask_for_paths(rules, pairs, generator, context)
    ssh = generator.body.get("cloneProtocol") != "https"
    made = [
        Parameters(_of_branch(repo, branch, ssh=ssh))
        for repo, branch in pairs
        if _passes(rules, lambda rule, pair=(repo, branch): _branch_fits(rule, pair, generator, context))
    ]
    return context.with_values(made, generator)


def _of_branch(repo: HostedRepository, branch: Branch, *, ssh: bool) -> dict[str, Any]:
    return {
        "organization": repo.organization,
        "repository": repo.name,
        "repository_id": str(repo.id),
        "url": repo.ssh_url if ssh else repo.url,
        "branch": branch.name,
        "branchNormalized": dns_name(branch.name),
        "sha": branch.sha,
        "short_sha": branch.sha[:_SHORT],
        "short_sha_7": branch.sha[:_SHORT_7],
        "labels": ",".join(repo.labels),
    }


def _may_pass(rules: Iterable[Mapping[str, Any]], repo: HostedRepository, generator: Generator) -> bool:
    """Whether some filter lets the repository itself through, so that its branches are worth a question."""
    return _passes(rules, lambda rule: _repository_fits(rule, repo, generator))


def _repository_fits(rule: Mapping[str, Any], repo: HostedRepository, generator: Generator) -> bool:
    named = not rule.get("repositoryMatch") or _found(rule["repositoryMatch"], repo.name, generator)
    labelled = not rule.get("labelMatch") or any(
        _found(rule["labelMatch"], label, generator) for label in repo.labels
    )
    return named and labelled


def _branch_fits(
    rule: Mapping[str, Any], pair: tuple[HostedRepository, Branch], generator: Generator, context: Context
) -> bool:
    repo, branch = pair
    if not _repository_fits(rule, repo, generator):
        return False
    if rule.get("branchMatch") and not _found(rule["branchMatch"], branch.name, generator):
        return False
    api = _api(_github(generator))

    def has(path: str) -> bool:
        question = HasPath(repo.organization, repo.name, branch.sha, path, api)
        return bool(context.ask([question], generator.path)[0])

    return all(map(has, rule.get("pathsExist") or ())) and not any(
        map(has, rule.get("pathsDoNotExist") or ())
    )


def _ask_for_paths(
    rules: Iterable[Mapping[str, Any]],
    pairs: Iterable[tuple[HostedRepository, Branch]],
    generator: Generator,
    context: Context,
) -> None:
    """All paths at once: the filters look at them one after the other."""
    paths = [
        path for rule in rules for name in ("pathsExist", "pathsDoNotExist") for path in rule.get(name) or ()
    ]
    api = _api(_github(generator))
    questions = [
        HasPath(repo.organization, repo.name, one.sha, path, api) for repo, one in pairs for path in paths
    ]
    context.ask(questions, generator.path)


def _passes(rules: Iterable[Mapping[str, Any]], fits: Any) -> bool:
    listed = list(rules)
    return not listed or any(fits(rule) for rule in listed)


def _found(pattern: str, text: str, generator: Generator) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        raise SetError(f"{pattern!r} is no regular expression.", (*generator.path, "filters")) from None


def _github(generator: Generator) -> Mapping[str, Any]:
    where = generator.body.get("github")
    if not isinstance(where, dict):
        raise SetError(f"The {generator.kind} generator needs github:, the host to ask.", generator.path)
    return where


def _api(where: Mapping[str, Any]) -> str:
    return str(where.get("api") or "").rstrip("/")


def plugin(generator: Generator, context: Context) -> list[Parameters]:
    """What the plugin answers to the input, each answer with the input beside it."""
    name = str((generator.body.get("configMapRef") or {}).get("name") or "")
    if not name:
        raise SetError("The plugin generator needs configMapRef.name.", generator.path)
    given = (generator.body.get("input") or {}).get("parameters") or {}
    request = {"applicationSetName": context.appset.name, "input": {"parameters": given}}
    (answers,) = context.ask([PluginOutput(name, json.dumps(request, sort_keys=True))], generator.path)
    made = [Parameters(_of_answer(answer, given, context)) for answer in answers]
    return context.with_values(made, generator)


def _of_answer(answer: Mapping[str, Any], given: Any, context: Context) -> dict[str, Any]:
    if context.appset.is_go:
        return {**answer, "generator": {"input": {"parameters": given}}}
    own = {f"generator.input.parameters.{name}": go_text(leaf) for name, leaf in flattened(given) if name}
    return {**{name: go_text(leaf) for name, leaf in flattened(answer)}, **own}
