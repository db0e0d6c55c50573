"""What an update did to each resource, from the engine's events."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.engine.steps import UNTOLD, Steps

pytestmark = pytest.mark.unit
BASE = "urn:pulumi:fraud-prod::headgate::kubernetes:core/v1:ConfigMap::"


def step(kind: str, name: str, operation: str = "create", **more: Any) -> dict[str, Any]:
    """Return an event about a resource."""
    return {kind: {"metadata": {"urn": BASE + name, "op": operation}, **more}}


def error(name: str, message: str) -> dict[str, Any]:
    """Return an error of a resource, or of none."""
    return {"diagnosticEvent": {"severity": "error", "message": message, "urn": BASE + name if name else ""}}


def steps_of(*events: dict[str, Any]) -> Steps:
    """Return what the events tell."""
    found = Steps()
    for event in events:
        found.see(event)
    return found


def test_each_operation_has_a_result() -> None:
    """Succeeded, failed with its words, or begun and without an end; what the preview foresees has not happened."""
    found = steps_of(
        step("resourcePreEvent", "foreseen", planning=True),
        step("resourcePreEvent", "a"),
        step("resourcePreEvent", "b", "update"),
        step("resourcePreEvent", "c", "delete"),
        step("resOutputsEvent", "a"),
        error("b", "the password hunter2 is refused"),
        step("resOpFailedEvent", "b", "update"),
        step("resourcePreEvent", "same", "same"),
        step("resOutputsEvent", "same", "same"),
        error("", "update failed"),
    )
    unmasked = list(found.rows())[1]["errors"], found.errors()
    found.mask(lambda text: text.replace("hunter2", "[secret]"))

    assert unmasked == ([UNTOLD], [UNTOLD])
    assert list(found.rows()) == [
        {"urn": f"{BASE}a", "operation": "create", "result": "succeeded"},
        {
            "urn": f"{BASE}b",
            "operation": "update",
            "result": "failed",
            "errors": ["b: the password [secret] is refused"],
        },
        {"urn": f"{BASE}c", "operation": "delete", "result": "unfinished"},
    ]
    assert found.errors() == ["update failed"]
    assert found.counts() == {"failed": 1, "succeeded": 1, "unfinished": 1, "unchanged": 1}


def test_words_are_bounded() -> None:
    """Of a resource the first three errors, of each the beginning: a provider may say very much."""
    found = steps_of(step("resOpFailedEvent", "a"), *(error("a", f"{number}{'x' * 5000}") for number in range(9)))
    found.mask(str)

    (row,) = found.rows()
    assert [len(each) for each in row["errors"]] == [2000, 2000, 2000]


def test_an_engine_that_was_not_asked_tells_nothing() -> None:
    """Nor does one that only looked ahead."""
    assert Steps().is_empty
    assert steps_of(step("resourcePreEvent", "a", planning=True)).is_empty
    assert not steps_of(error("", "no such stack")).is_empty
