"""Runs that die at each write of a sync with hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, config_map, only
from e2e.test_hooks import commit, job, stays
from syncline.core.verdict import Outcome
from syncline.kube.cluster import ApiCluster

if TYPE_CHECKING:
    from syncline.ports import ApiResource


class Killed(BaseException):
    """The process dies here: nothing of ours catches it."""


class Mortal:
    """Kills the run at its n-th write, before or after the server has seen it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
        self.writes = 0
        for name in ("apply", "create", "update", "patch", "delete"):
            monkeypatch.setattr(ApiCluster, name, self._mortal(getattr(ApiCluster, name), at, after))

    def _mortal(self, real: Any, at: int, after: bool) -> Any:
        def call(cluster: ApiCluster, resource: ApiResource, *args: Any, **options: Any) -> Any:
            if options.get("dry_run"):
                return real(cluster, resource, *args, **options)
            self.writes += 1
            if self.writes > at or (self.writes == at and not after):
                raise Killed
            answer = real(cluster, resource, *args, **options)
            if self.writes == at:
                raise Killed
            return answer

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after it"])
def test_a_run_killed_at_any_write_is_finished_by_the_next_and_no_hook_runs_twice(
    delivery: Delivery, after: bool
) -> None:
    objects = (
        job("migrate", policy="HookSucceeded"),
        job("tell", "PostSync"),
        config_map("settings"),
        job("seed", "Sync", wave="1"),
    )
    commit(delivery, *objects)
    mark = delivery.plane.mark()
    for at in range(1, 20):
        delivery.end_lease()
        with pytest.MonkeyPatch.context() as patch:
            mortal = Mortal(patch, at, after=after)
            try:
                delivery.sync()
            except Killed:
                pass
            else:
                assert mortal.writes < at
                break
    else:
        pytest.fail("no run came to its end")

    assert only(delivery.sync()).outcome is Outcome.UNCHANGED
    made = [
        request.uri.partition("?")[0].rpartition("/")[2]
        for request in delivery.plane.requests_since(mark)
        if request.verb == "patch" and "/jobs/" in request.uri and request.code < 300
    ]
    assert sorted(made) == ["migrate", "seed", "tell"], "each hook was made once"
    assert delivery.exists("v1/configmaps/settings")
    assert not stays(delivery, "migrate")
    assert stays(delivery, "tell")
