"""Creations cut off by their provider's death: which are remembered, and until when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.engine import cut_off
from headgate.engine.cut_off import CutOff
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit

URN = "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::a"
NEW = {"urn": URN, "type": "kubernetes:core/v1:ConfigMap", "custom": True, "inputs": {"data": {"a": "1"}}}
KEPT = {"type": "creating", "replaces": False, "resource": NEW}


def events(message: str, op: str = "create", urn: str = URN) -> list[dict[str, Any]]:
    """Return what the engine tells of a failed operation."""
    return [
        {"diagnosticEvent": {"urn": urn, "severity": "error", "message": message}},
        {"resOpFailedEvent": {"metadata": {"op": op, "urn": URN, "new": {**NEW, "id": "", "outputs": {}}}}},
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (events("error reading from server: EOF\n"), [KEPT]),
        (events("rpc error: code = Unavailable desc = transport is closing"), [KEPT]),
        (events("read tcp: connection reset by peer", "create-replacement"), [{**KEPT, "replaces": True}]),
        (events("error reading from server: EOF", "update"), []),
        (events("connection error: dial tcp 127.0.0.1:1: connect: connection refused"), []),
        (events("a exists already"), []),
        (events("error reading from server: EOF", urn="another"), []),
        (events("error reading from server: EOF")[:1], []),
    ],
)
def test_only_what_the_provider_was_asked_for_as_it_died_is_kept(
    given: list[dict[str, Any]], kept: list[dict[str, Any]]
) -> None:
    """A refusal made nothing, and neither did a provider that was gone already."""
    found = CutOff()
    for event in given:
        found.see(event)

    assert found.operations() == kept


def test_it_is_kept_until_it_is_settled(tmp_path: Path) -> None:
    """Over further failures, once each; what the state holds meanwhile is not asked for again."""
    state = StateDir(tmp_path)
    (tmp_path / "updates").mkdir()

    cut_off.remember(state, "s", [KEPT])
    cut_off.remember(state, "s", [])
    cut_off.remember(state, "s", [KEPT])

    assert cut_off.unsettled(state, "s", {"resources": [{"urn": "another"}, {"urn": URN, "delete": True}]}) == [KEPT]
    assert cut_off.unsettled(state, "s", {"resources": [{"urn": URN}]}) == []
    assert cut_off.recall(state, "other") == []
    cut_off.forget(state, "s")
    assert cut_off.recall(state, "s") == []


@pytest.mark.parametrize("content", ["", "[1]", "{}", '[{"resource": {}}]', "{"])
def test_a_damaged_file_is_as_none(tmp_path: Path, content: str) -> None:
    """An update goes on: the provider says what exists."""
    path = tmp_path / "updates" / "s.cut-off.json"
    path.parent.mkdir()
    path.write_text(content)

    assert cut_off.recall(StateDir(tmp_path), "s") == []
