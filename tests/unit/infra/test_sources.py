"""The record of which line asks for which resource."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headgate.engine.preview import SOURCES
from infra import sources

pytestmark = pytest.mark.unit

# A layer that makes a component, whose constructor registers itself and then makes a child.
PROGRAM = """
class Component:
    def __init__(self, record):
        record(self, "headgate:index:X", "x")
        child(record)

def child(record):
    record(object(), "kubernetes:core/v1:ConfigMap", "x-child")

def layer(record):
    Component(record)
"""


def test_a_resource_is_asked_for_above_its_own_constructor(tmp_path: Path) -> None:
    """A component where a layer makes it, its child where the component makes that; nothing is given back."""
    file = tmp_path / "sources.jsonl"
    recorder = sources.Recorder(file)
    answers: list[None] = []

    def record(resource: Any, token: str, name: str) -> None:
        args: Any = SimpleNamespace(resource=resource, type_=token, name=name)
        answers.append(recorder(args))  # type: ignore[func-returns-value]

    written: dict[str, Any] = {}
    code = compile(PROGRAM, str(Path(sources.__file__).parent / "layers" / "trial.py"), "exec")
    exec(code, written)  # noqa: S102  the text above, under the name of a file of the program
    written["layer"](record)

    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"type": "headgate:index:X", "name": "x", "file": "infra/layers/trial.py", "line": 11},
        {"type": "kubernetes:core/v1:ConfigMap", "name": "x-child", "file": "infra/layers/trial.py", "line": 8},
    ]
    assert answers == [None, None]


def test_nothing_is_recorded_unless_a_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update is the program alone."""
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    registered: list[Any] = []
    monkeypatch.setattr(sources.pulumi.runtime, "register_stack_transformation", registered.append)
    sources.record()

    assert (registered, SOURCES) == ([], sources.VARIABLE)
