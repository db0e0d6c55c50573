"""Whatever is wrong with whichever setting: the error names the stack file, the line and the setting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack import PlatformStack, StackError, TeamStack, load_stack
from headgate.stack.document import KeyPath
from headgate.stack.faults import dotted
from tests.unit.stack import bad_values as bad

pytestmark = pytest.mark.unit

FILES: dict[type[PlatformStack | TeamStack], str] = {PlatformStack: "platform-dev", TeamStack: "fraud-dev"}
SCHEMAS: dict[Any, dict[str, Any]] = {model: model.model_json_schema() for model in FILES}
WHOLE = {model: bad.whole(schema) for model, schema in SCHEMAS.items()}
# For each function that judges a value: what it refuses although the schema's pattern lets it pass.
REFUSED: dict[str, list[str]] = {
    # Puts a form right, and refuses nothing.
    "_day_as_written": [],
    "_network": ["8.8.0.0/16", "10.20.0.0/24", "10.20.0.1/16", "999.0.0.0/8", "127.0.0.0/16", "10.20.0.0/016"],
    "_range": ["203.0.113.7/24", "999.0.0.0/8", "203.0.113.0/00024"],
    "_private": ["8.8.8.0/24", "0.0.0.0/0"],
    "_cron": ["61 * * * *"],
    "_zone": ["Mars/Olympus"],
    "_data": [],
    "known_region": ["atlantis"],
    "_key": ["QUJ", "QUJD"],
    # What has a pattern alone is told by the schema, and `cpu: 2` is taken as text.
    "_matches.<locals>.check": [],
    "_number_as_text": [],
}


def errors_of(tmp_path: Path, model: Any, text: str) -> list[HeadgateError]:
    """Load a stack of nothing but this file."""
    folder = tmp_path / "stacks"
    folder.mkdir(parents=True)
    (folder / f"Pulumi.{FILES[model]}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(HeadgateError) as caught:
        load_stack(FILES[model], folder)
    return caught.value.errors if isinstance(caught.value, StackError) else [caught.value]


def told(errors: list[HeadgateError], model: Any, line: int, name: str) -> HeadgateError:
    """Return the error about a setting at a line; it says what was found, what is expected, and what to do."""
    where = f"stacks/Pulumi.{FILES[model]}.yaml:{line}"
    found = [each for each in errors if each.where == where and f"`{name}`" in each.what]
    assert len(found) == 1, f"{where} {name}: {[(each.where, each.what) for each in errors]}"
    assert all((found[0].found, found[0].expected, found[0].fix))
    return found[0]


def check(tmp_path: Path, model: Any, values: dict[KeyPath, Any], says: str) -> None:
    """Write a file with these values, and find each of them told at its line."""
    text, lines = bad.with_lines(model.SECTION, WHOLE[model], values)
    errors = errors_of(tmp_path, model, text)

    for path, line in lines.items():
        assert says in told(errors, model, line, dotted(path)).what


@pytest.mark.parametrize(
    ("model", "pack"),
    [
        pytest.param(model, pack, id=f"{model.SECTION}-{number}")
        for model in FILES
        for number, pack in enumerate(bad.packed(bad.bad_values(SCHEMAS[model])))
    ],
)
def test_a_wrong_value_is_told_with_its_line(tmp_path: Path, model: Any, pack: dict[KeyPath, bad.BadValue]) -> None:
    """A word that is none, a number past its bound, a list that is too long, a value of another type."""
    check(tmp_path, model, {path: case.value for path, case in pack.items()}, "does not fit")


@pytest.mark.parametrize("model", FILES, ids=FILES.values())
def test_a_missing_value_is_told_where_it_belongs(tmp_path: Path, model: Any) -> None:
    """At the line of what should hold it: that is where it is to be written."""
    missing = [bad.BadValue(path, "missing", None) for path in bad.required(SCHEMAS[model])]
    for number, pack in enumerate(bad.packed(missing)):
        holders = {path[:-1] for path in pack}
        document = WHOLE[model]
        for path in pack:
            document = bad.without(document, path)
        text = bad.stack_file(model.SECTION, document)
        errors = errors_of(tmp_path / str(number), model, text)
        lines = {path: bad.line_of(text, model.SECTION, path) for path in holders}

        for path in pack:
            assert told(errors, model, lines[path[:-1]], dotted(path)).what.endswith("is missing")


@pytest.mark.parametrize("model", FILES, ids=FILES.values())
def test_an_unknown_key_is_told_with_its_line(tmp_path: Path, model: Any) -> None:
    """In every group of settings at once, with the keys that there are."""
    unknown = {(*path, "unheard_of"): 1 for path in bad.groups(SCHEMAS[model])}

    check(tmp_path, model, unknown, "unknown key")


def judged(model: Any) -> list[tuple[KeyPath, str]]:
    """Return path and function of every value that a function judges."""
    return list(bad.functions(model))


@pytest.mark.parametrize("model", FILES, ids=FILES.values())
def test_what_a_function_refuses_is_told_with_its_line(tmp_path: Path, model: Any) -> None:
    """A value of the right form that still can't be."""
    refused = [bad.BadValue(path, of, value) for path, of in judged(model) for value in REFUSED.get(of, [])]
    for number, pack in enumerate(bad.packed(refused)):
        check(tmp_path / str(number), model, {path: case.value for path, case in pack.items()}, "does not fit")


def test_every_function_that_judges_a_value_has_a_case() -> None:
    """A new one needs a line in REFUSED, above: what it refuses although the schema's pattern lets it pass."""
    assert {function for model in FILES for _, function in judged(model)} - REFUSED.keys() == set()


def test_nothing_is_judged_where_no_case_reaches() -> None:
    """Whatever a function judges has a pattern or a list of words in the schema, so an editor underlines it too."""
    reached = {
        (model, case.path)
        for model in FILES
        for case in bad.bad_values(SCHEMAS[model])
        if case.kind in ("pattern", "not one of the words")
    }
    patterns = {(model, path) for model in FILES for path, function in judged(model) if function != "_number_as_text"}

    assert sorted(f"{model.SECTION}.{dotted(path)}" for model, path in patterns - reached) == []


def test_models_judge_by_fields_alone() -> None:
    """What concerns several fields is a check of the whole stack, which knows each value's line."""
    judges = [
        f"{model.__name__}.{name}"
        for model in _models()
        for kind in ("field_validators", "model_validators", "root_validators", "validators")
        for name in getattr(model.__pydantic_decorators__, kind)
    ]

    assert judges == []


def _models() -> list[Any]:
    """Return every group of settings."""
    from headgate.stack.values import Settings

    found, waiting = [], [Settings]
    while waiting:
        model = waiting.pop()
        found.append(model)
        waiting.extend(model.__subclasses__())
    return found


def test_nonsense_is_nonsense() -> None:
    """The word that stands for a wrong value matches no pattern."""
    patterns = [
        node["pattern"]
        for schema in SCHEMAS.values()
        for node in _nodes(schema)
        if isinstance(node.get("pattern"), str)
    ]

    assert patterns
    assert [pattern for pattern in patterns if re.search(pattern, bad.NONSENSE)] == []


def _nodes(value: Any) -> list[dict[str, Any]]:
    """Return every mapping of a document."""
    if isinstance(value, dict):
        return [value, *(node for each in value.values() for node in _nodes(each))]
    return [node for each in value for node in _nodes(each)] if isinstance(value, list) else []
