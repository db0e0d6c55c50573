"""Following the API server through broken watches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from headgate.sandbox.dataplane import feed as module
from headgate.sandbox.dataplane.feed import Feed
from headgate.sandbox.kube import KubeClient, KubeError, WatchEvent

pytestmark = pytest.mark.unit


def thing(name: str, version: str = "1") -> dict[str, Any]:
    """Return an object."""
    return {"metadata": {"name": name, "resourceVersion": version}}


class Script:
    """A client whose listings and watches are prepared; then its watch stays silent until the end."""

    def __init__(self, listings: list[Any], watches: list[Any]) -> None:
        self.listings, self.watches = listings, watches
        self.watched_from: list[str] = []

    def list(self, api_version: str, kind: str, namespace: str | None) -> dict[str, Any]:
        """Return or raise the next listing."""
        found = self.listings.pop(0)
        if isinstance(found, KubeError):
            raise found
        return {"metadata": {"resourceVersion": "10"}, "items": found}

    def watch(self, *arguments: Any, resource_version: str, timeout: float) -> Iterator[WatchEvent]:
        """Yield or raise the next watch's events."""
        self.watched_from.append(resource_version)
        if not self.watches:
            raise KubeError(0, "Unreachable", "the script is over")
        for found in self.watches.pop(0):
            if isinstance(found, KubeError):
                raise found
            yield found


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.01)


def follow(script: Script, changes: int) -> list[Any]:
    """Run a feed until so many listings and events have come."""
    seen: list[Any] = []

    async def scenario() -> None:
        def on_list(items: list[dict[str, Any]]) -> None:
            seen.append([item["metadata"]["name"] for item in items])

        def on_change(event: str, document: dict[str, Any]) -> None:
            seen.append((event, document["metadata"]["name"]))

        feed = Feed(cast(KubeClient, script), "v1", "Pod", on_list, on_change)
        feed.start()
        async with asyncio.timeout(10):
            while len(seen) < changes:
                await asyncio.sleep(0.01)
        feed.stop()

    asyncio.run(scenario())
    return seen


def test_a_listing_is_followed_by_its_changes() -> None:
    """The watch begins where the listing ended, and the next where the last event was."""
    events = [WatchEvent("ADDED", thing("b", "11")), WatchEvent("DELETED", thing("a", "12"))]
    script = Script([[thing("a")], [thing("b")]], [events, []])

    assert follow(script, 3) == [["a"], ("ADDED", "b"), ("DELETED", "a")]
    assert script.watched_from[:2] == ["10", "12"]


def test_bookmarks_move_the_watch_and_tell_nobody() -> None:
    """They carry a version and no change."""
    script = Script([[]], [[WatchEvent("BOOKMARK", thing("", "99"))], [WatchEvent("ADDED", thing("a", "100"))]])

    assert follow(script, 2) == [[], ("ADDED", "a")]
    assert script.watched_from[:2] == ["10", "99"]


@pytest.mark.parametrize(
    "broken",
    [
        [WatchEvent("ERROR", {"code": 410, "message": "too old"})],
        [KubeError(410, "Expired", "too old")],
        [KubeError(0, "Unreachable", "gone")],
        [WatchEvent("ADDED", {})],
    ],
)
def test_a_broken_watch_begins_with_a_new_listing(broken: list[Any]) -> None:
    """Whatever was missed meanwhile is in it."""
    assert follow(Script([[thing("a")], [thing("b")]], [broken]), 2) == [["a"], ["b"]]


def test_an_api_server_that_is_away_is_waited_for() -> None:
    """The data plane keeps serving what it knows, and catches up."""
    assert follow(Script([KubeError(0, "Unreachable", "gone"), [thing("a")]], []), 1) == [["a"]]
