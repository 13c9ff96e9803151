"""A watch that is cut, expires, fails or is closed."""

from __future__ import annotations

import threading

import pytest

from contract.kube.calls import (
    CONFIG_MAP,
    Reach,
)
from contract.kube.faults import Answer, failing, status
from syncline.errors import ApiError
from syncline.kube.patience import Timing


def _event(kind: str, name: str) -> dict[str, object]:
    return {"type": kind, "object": {"kind": "ConfigMap", "metadata": {"name": name, "resourceVersion": "7"}}}


def test_a_watch_gives_only_whole_lines_and_its_cut_is_an_end(reach: Reach) -> None:
    lines = (b'{"type":"ADDED","object":{"meta', b'data":{"name":"a"}}}\n', b'{"type":"ADDED","obj')
    with failing(Answer(lines=lines)) as server:
        events = list(reach(server).watch(CONFIG_MAP, since="1", timeout=5))

    assert [(event.type, event.object) for event in events] == [("ADDED", {"metadata": {"name": "a"}})]


def test_a_watch_tells_bookmarks_and_ends_with_the_expiry_of_its_version(reach: Reach) -> None:
    gone = {"type": "ERROR", "object": status(410, "Expired", "too old resource version").body}
    lines = (_event("ADDED", "a"), _event("BOOKMARK", ""), gone, _event("ADDED", "never"))
    with failing(Answer(lines=lines)) as server:
        events = list(reach(server).watch(CONFIG_MAP, since="1", timeout=5))

    assert [event.type for event in events] == ["ADDED", "BOOKMARK", "EXPIRED"]


def test_a_watch_whose_version_is_forgotten_at_once_is_expired(reach: Reach) -> None:
    with failing(status(410, "Expired", "too old resource version")) as server:
        assert [event.type for event in reach(server).watch(CONFIG_MAP, since="1", timeout=5)] == ["EXPIRED"]


def test_another_error_inside_a_watch_is_raised(reach: Reach) -> None:
    broken = {
        "type": "ERROR",
        "object": status(500, "InternalError", "etcd event received with PrevKv=nil").body,
    }
    with failing(Answer(lines=(broken,))) as server, pytest.raises(ApiError, match="PrevKv"):
        list(reach(server).watch(CONFIG_MAP, since="1", timeout=5))


def test_a_silent_watch_ends_when_another_thread_closes_it(reach: Reach) -> None:
    with failing(Answer(lines=(_event("ADDED", "a"),), open_end=True)) as server:
        watch = reach(server, Timing()).watch(CONFIG_MAP, since="1", timeout=300)
        assert next(watch).type == "ADDED"
        closer = threading.Thread(target=watch.close)
        closer.start()

        assert list(watch) == []
        closer.join()
