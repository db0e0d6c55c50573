"""Forms of YAML that readers differ on, or that end one: refused with file, line and what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack import list_stacks, load_stack
from headgate.stack.document import parse_document
from headgate.stack.objectives import read_objective

pytestmark = pytest.mark.unit

TEAM_FILE = "Pulumi.fraud-dev.yaml"
NUMBERS = ["010", "0501234567", "01e3", "0x1f", "0o17", "0b11", "1_000", "+.5", "5.", ".inf", ".NaN", "1.0e999"]
THEIRS = [*NUMBERS, str(2**63), "9" * 5000, "True", "NULL"]
TAGGED = ["!!str 12", "!!int '2'", "!!binary aGVsbG8=", "!own x", "!!python/object:os.system x"]


@pytest.mark.parametrize("form", THEIRS)
def test_what_pulumi_reads_as_another_value_is_refused(stacks: Any, form: str) -> None:
    """`pulumi config --json` of Pulumi v3.259 says so: 010 is 8 there, and was text here. In quotes all are text."""
    stacks.edit(TEAM_FILE, "cpu: 500m", f"cpu: {form}")

    with pytest.raises(HeadgateError) as caught:
        load_stack("fraud-dev", stacks.folder)

    assert (caught.value.what, caught.value.where) == (
        f"`{form[:40]}` is another value to Pulumi",
        "stacks/Pulumi.fraud-dev.yaml:12",
    )
    assert parse_document(f"a: '{form}'\nb: \"{form}\"\n", "x.yaml").value == {"a": form, "b": form}


def test_numbers_as_pulumi_writes_them_are_numbers() -> None:
    """`pulumi config set` of any key writes 0.00001 as 1e-05, and 1.0 as 1; text that looks so it puts in quotes."""
    read = parse_document("a: 1e-05\nb: 1.5e+21\nc: 1\nd: '1e3'\n", "x.yaml").value

    assert read == {"a": 0.00001, "b": 1.5e21, "c": 1, "d": "1e3"}


@pytest.mark.parametrize("text", TAGGED)
def test_tags_are_refused(stacks: Any, text: str) -> None:
    """A tag makes another value of what is written; Pulumi's reader heeds those that it knows."""
    stacks.edit(TEAM_FILE, "owner: fraud-models", f"owner: {text}")

    with pytest.raises(HeadgateError) as caught:
        load_stack("fraud-dev", stacks.folder)

    assert caught.value.what == "stack files have no tags"


@pytest.mark.parametrize(
    ("begin", "end", "depth"), [("[", "]", 3000), ("{a: ", "}", 3000), ("[", "", 3000), ("[", "]", 100_000)]
)
def test_a_file_of_endless_depth_is_refused_with_its_line(stacks: Any, begin: str, end: str, depth: int) -> None:
    """It ended with a RecursionError of Python's, and one of a hundred thousand levels ended the process."""
    stacks.edit(TEAM_FILE, "owner: fraud-models", f"owner: {begin * depth}{end * depth}")

    with pytest.raises(HeadgateError) as caught:
        load_stack("fraud-dev", stacks.folder)

    assert (caught.value.what, caught.value.found) == ("nothing is as deep", "65 groups and lists in each other")


def test_a_file_in_the_folder_that_names_no_stack_is_named(stacks: Any) -> None:
    """A copy by another name stopped every command, with words about a name that nobody had given."""
    stacks.write("Pulumi.fraud-dev copy.yaml", "config: {}\n")

    with pytest.raises(HeadgateError) as caught:
        list_stacks(stacks.folder)

    assert (caught.value.what, caught.value.where) == ("this is no stack name", "stacks/Pulumi.fraud-dev copy.yaml")
    assert caught.value.fix is not None
    assert caught.value.fix.startswith("rename the file, or move it elsewhere")


def test_an_empty_objective_is_told_what_an_objective_is(tmp_path: Path) -> None:
    """And nothing of `config:`, which it has not."""
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")

    with pytest.raises(HeadgateError) as caught:
        read_objective(tmp_path / "empty.yaml")

    assert caught.value.expected == "an objective as OpenSLO has it"
