"""Which parts a large run is judged in, at each gate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from headgate.policy import parts

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("gate", "relations"), [("P", [parts.LARGE]), ("A", [])])
def test_relations_are_asked_of_the_whole_where_a_gate_sees_one(
    monkeypatch: pytest.MonkeyPatch, gate: str, relations: list[int]
) -> None:
    """At admission there are none: a part of no rule would be no decision."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    asked: list[tuple[str, int]] = []

    def ask(run: Mapping[str, Any]) -> dict[str, Any]:
        asked.append((run["scope"], len(run["resources"])))
        return {"results": [{"resource": 0}], "rules": [run["scope"]]}

    answer = parts.evaluate(ask, {"gate": gate, "resources": list(range(parts.LARGE))})

    assert sorted(size for scope, size in asked if scope == "object") == [parts.LARGE // 2] * 2
    assert [size for scope, size in asked if scope == "relation"] == relations
    assert answer["rules"] == ["object", *(["relation"] if relations else [])]
    assert {each["resource"] for each in answer["results"]} == {0, parts.LARGE // 2}
