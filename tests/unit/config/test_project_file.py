"""AppProjects, from their documents."""

from __future__ import annotations

import re
from typing import Any

import pytest

from syncline.config import Configuration, load
from syncline.config.project import AllowedDestination, AppProject, KindRule, OrphanRule, Right
from syncline.config.windows import cron_text, go_seconds
from syncline.documents import dump

FILE = "projects/team.yaml"
WINDOW = {
    "kind": "allow",
    "schedule": "0 22 * * *",
    "duration": "1h30m",
    "applications": ["*"],
}


def project(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "team"},
        "spec": spec,
    }


def configured(*bodies: Any) -> Configuration:
    return load([(FILE, "---\n".join(map(dump, bodies)))])


def decoded(**spec: Any) -> AppProject:
    found = configured(project(**spec))
    assert found.complaints == ()
    return found.projects["team"]


def complaint(**spec: Any) -> str:
    (one,) = configured(project(**spec)).complaints
    return f"{one.severity} {one.place.line}: {one.message}"


def test_every_field_is_read() -> None:
    one = decoded(
        description="the team's",
        sourceRepos=["https://github.com/acme/*", "!https://github.com/acme/evil"],
        destinations=[{"server": "https://a", "namespace": "web-*"}, {"name": "prod", "namespace": "*"}],
        clusterResourceWhitelist=[{"group": "*", "kind": "Namespace", "name": "web-*"}],
        clusterResourceBlacklist=[{"group": "", "kind": "Node"}],
        namespaceResourceWhitelist=[{"group": "apps", "kind": "*"}],
        namespaceResourceBlacklist=[{"group": "", "kind": "Secret"}],
        sourceNamespaces=["team-*"],
        orphanedResources={"warn": True, "ignore": [{"kind": "ConfigMap", "name": "x*"}]},
        roles=[
            {
                "name": "deployers",
                "description": "may deploy",
                "groups": ["acme:platform"],
                "policies": ["p, proj:team:deployers, applications, sync, team/*, allow"],
                "jwtTokens": [{"iat": 1}],
            }
        ],
        syncWindows=[
            {
                **WINDOW,
                "timeZone": "Europe/Berlin",
                "manualSync": True,
                "syncOverrun": True,
                "andOperator": True,
                "namespaces": ["a"],
                "clusters": ["b"],
                "description": "nights",
            }
        ],
        permitOnlyProjectScopedClusters=True,
        signatureKeys=[{"keyID": "4AEE18F83AFDEB23"}],
    )

    assert one.destinations == (
        AllowedDestination(server="https://a", namespace="web-*"),
        AllowedDestination(name="prod", namespace="*"),
    )
    assert one.cluster_allowed == (KindRule("*", "Namespace", "web-*"),)
    assert one.cluster_denied == (KindRule("", "Node"),)
    assert one.namespaced_allowed == (KindRule("apps", "*"),)
    assert one.namespaced_denied == (KindRule("", "Secret"),)
    assert one.source_namespaces == ("team-*",)
    assert one.orphans == (OrphanRule("", "ConfigMap", "x*"),)
    assert one.roles[0].rights == (Right("applications", "sync", "*", allows=True),)
    assert one.roles[0].groups == ("acme:platform",)
    (window,) = one.windows
    assert (window.allows, window.seconds, window.time_zone) == (True, 5400.0, "Europe/Berlin")
    assert (window.manual_sync, window.sync_overrun, window.all_lists) == (True, True, True)
    assert window.place.line > 1
    assert one.own_clusters_only
    assert [(each.field, each.mode, each.repos) for each in one.signatures] == [
        ("signatureKeys", "head", ("*",))
    ]
    assert one.place("sourceRepos").line > one.place("destinations").line > 1
    assert one.place("not there") == one.origin


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("namespaceResourceWhitelist", "namespaced_allowed"),
        ("namespaceResourceBlacklist", "namespaced_denied"),
        ("clusterResourceWhitelist", "cluster_allowed"),
        ("clusterResourceBlacklist", "cluster_denied"),
    ],
)
def test_an_empty_list_and_an_absent_one_are_told_apart(field: str, name: str) -> None:
    assert getattr(decoded(), name) is None
    assert getattr(decoded(**{field: None}), name) is None
    assert getattr(decoded(**{field: []}), name) == ()


def test_orphans_are_spoken_of_when_the_project_asks_for_warnings() -> None:
    assert decoded().orphans is None
    assert decoded(orphanedResources={}).orphans is None
    assert decoded(orphanedResources={"warn": True}).orphans == ()
    assert decoded(orphanedResources={"warn": False}).orphans is None


@pytest.mark.parametrize(
    ("integrity", "asked"),
    [
        ({"git": {"policies": [{"repos": [{"url": "*"}], "gpg": {"mode": "none"}}]}}, False),
        ({"git": {"policies": [{"repos": [{"url": "*"}], "gpg": {"mode": "strict", "keys": ["A"]}}]}}, True),
        ({"git": {"policies": [{"repos": [{"url": "*"}], "gpg": {"keys": ["A"]}}]}}, True),
    ],
)
def test_source_integrity_asks_for_signatures_unless_its_mode_is_none(integrity: Any, asked: bool) -> None:
    (policy,) = decoded(sourceIntegrity=integrity).signatures
    assert policy.demands is asked
    assert policy.strict is (policy.mode == "strict")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            {"sourceRepos": ["!*"]},
            "error 7: spec.sourceRepos[0] denies everything; leave the list empty instead.",
        ),
        ({"sourceRepos": ["a", "a"]}, "error 8: spec.sourceRepos[1] stands in the list twice."),
        (
            {"destinations": [{"namespace": "x"}]},
            "warning 7: spec.destinations[0] names no cluster and matches none; give it a server or a name.",
        ),
        (
            {"destinations": [{"name": "!*", "namespace": "x"}]},
            "error 7: spec.destinations[0].name denies everything; remove the destination instead.",
        ),
        (
            {"destinations": [{"name": "a", "namespace": "x"}] * 2},
            "error 9: spec.destinations[1] stands in the list twice.",
        ),
        ({"roles": [{"groups": ["a"]}]}, "error 7: spec.roles[0] needs a name."),
        (
            {"roles": [{"name": "r", "policies": ["p, x"]}]},
            (
                "error 9: spec.roles[0].policies[0] must read p, proj:PROJECT:ROLE, RESOURCE, ACTION, "
                "PROJECT/OBJECT, allow or deny."
            ),
        ),
        (
            {"roles": [{"name": "r", "policies": ["p, proj:team:r, applications, sync, team, allow"]}]},
            (
                "error 9: spec.roles[0].policies[0] must name its object as "
                "PROJECT/APPLICATION, or PROJECT/* "
                ""
                ""
                "for all of them."
            ),
        ),
        (
            {"namespaceResourceBlacklist": [{"group": "", "kind": "Job"}]},
            (
                "error 7: spec.namespaceResourceBlacklist[0] denies nothing: Job is of the group batch; "
                "write group: batch."
            ),
        ),
        (
            {"roles": [{"name": "r", "policies": ["p, proj:other:r, applications, sync, team/*, allow"]}]},
            (
                "error 9: spec.roles[0].policies[0] is about proj:other:r; a line of this role begins with "
                "p, proj:team:r."
            ),
        ),
        (
            {"roles": [{"name": "r", "policies": ["p, proj:team:r, applications, sync, */*, allow"]}]},
            "error 9: spec.roles[0].policies[0] is about */*, which is not of the project team.",
        ),
        (
            {"roles": [{"name": "r", "policies": ["p, proj:team:r, pods, sync, team/*, allow"]}]},
            (
                "error 9: spec.roles[0].policies[0] is about pods, which is none of applications, "
                "applicationsets, clusters, exec, logs, projects, repositories."
            ),
        ),
        (
            {"syncWindows": [{**WINDOW, "schedule": "0 22 * *"}]},
            "error 11: spec.syncWindows[0].schedule needs five fields: minute, hour, day, month and weekday.",
        ),
        (
            {"syncWindows": [{**WINDOW, "schedule": "0 0 30 2 *"}]},
            "error 11: spec.syncWindows[0].schedule names a day that never comes.",
        ),
        (
            {"syncWindows": [{**WINDOW, "kind": "perhaps"}]},
            "error 10: spec.syncWindows[0].kind must be allow or deny.",
        ),
        (
            {"syncWindows": [{**WINDOW, "duration": "90"}]},
            "error 9: spec.syncWindows[0].duration must be a time such as 30m, 8h or 1h30m.",
        ),
        (
            {"syncWindows": [{**WINDOW, "applications": []}]},
            "error 7: spec.syncWindows[0] applies to nothing; name applications, namespaces or clusters.",
        ),
        (
            {"syncWindows": [{**WINDOW, "timeZone": "Berlin"}]},
            (
                "error 12: spec.syncWindows[0].timeZone is no time zone of the IANA database, such as "
                "Europe/Berlin; Argo CD would take UTC."
            ),
        ),
        (
            {"destinationServiceAccounts": [{"server": "*", "namespace": "a", "defaultServiceAccount": "b"}]},
            (
                "warning 6: spec.destinationServiceAccounts has no effect: Syncline "
                "applies as the identity of "
                ""
                ""
                "its kubeconfig, not as an account of a project."
            ),
        ),
        (
            {"sourceRepo": ["*"]},
            (
                "warning 6: spec.sourceRepo is not a field Argo CD knows and has no effect; did you mean "
                "sourceRepos?"
            ),
        ),
        ({"sourceRepos": "*"}, "error 6: spec.sourceRepos must be a list, not a string."),
    ],
)
def test_what_is_wrong_is_said_at_its_line(spec: dict[str, Any], sentence: str) -> None:
    assert complaint(**spec) == sentence


def test_a_broken_project_is_remembered_as_broken_and_never_as_absent() -> None:
    found = configured(project(sourceRepos=["!*"]))

    assert found.projects == {}
    assert found.broken_projects["team"].place.line == 7


def test_two_projects_of_one_name_are_both_unusable_however_many_follow() -> None:
    found = configured(project(), project(), project(sourceRepos=["*"]))

    assert found.projects == {}
    assert "also defined at projects/team.yaml:1" in found.broken_projects["team"].message


@pytest.mark.parametrize(
    ("schedule", "made"),
    [
        ("* * * * *", "* * * * *"),
        ("? ? ? ? ?", "* * * * *"),
        ("*/15 0-5,22 * JAN-mar 1-5", "0,15,30,45 0,1,2,3,4,5,22 * 1,2,3 1,2,3,4,5"),
        ("5/20 * * * *", "5,25,45 * * * *"),
        # robfig takes a star with a step for no star: day and weekday become alternatives.
        ("0 0 */10 * SUN", "0 0 1,11,21,31 * 0"),
        ("*/1 * * * *", "* * * * *"),
    ],
)
def test_schedules_are_read_as_robfig_reads_them(schedule: str, made: str) -> None:
    assert cron_text(schedule) == made


@pytest.mark.parametrize(
    "schedule",
    [
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "a * * * *",
        "L * * * *",
        "@daily",
        "* * * * 1#2",
        "",
        "*/-1 * * * *",
        "1-2-3 * * * *",
        "TZ=UTC * * * * *",
    ],
)
def test_what_robfig_refuses_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError, match=r"has|needs"):
        cron_text(schedule)


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h", 3600), ("1h30m", 5400), ("1.5h", 5400), ("90s", 90), ("100ms", 0.1)]
)
def test_go_durations(text: str, seconds: float) -> None:
    assert go_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "h", "1h 30m", "1d", "-1h"])
def test_what_is_no_go_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        go_seconds(text)
