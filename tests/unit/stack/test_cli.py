"""`headgate stack`: what each command prints."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headgate.cli.stack import stack
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


def run(stacks: Any, *arguments: str) -> Result:
    """Run a command over the test's folder."""
    return CliRunner().invoke(stack, ["--stacks", str(stacks.folder), *arguments])


def test_list_shows_every_stack_platforms_first(stacks: Any) -> None:
    """As data: what each asks for."""
    assert json.loads(run(stacks, "list", "--json").output) == [
        {
            "stack": "platform-dev",
            "kind": "platform",
            "environment": "dev",
            "owner": "ml-platform",
            "asks_for": "regions uaenorth",
        },
        {
            "stack": "fraud-dev",
            "kind": "team",
            "environment": "dev",
            "owner": "fraud-models",
            "asks_for": "models fraud-score 1.0.0",
        },
    ]


def test_list_keeps_a_stack_that_does_not_load(stacks: Any) -> None:
    """One broken file does not hide the others."""
    stacks.edit("Pulumi.fraud-dev.yaml", "owner: fraud-models", "owner: 1")

    rows = json.loads(run(stacks, "list", "--json").output)

    assert rows[1]["asks_for"] == "does not load: stacks/Pulumi.fraud-dev.yaml:4: `owner` does not fit"


def test_validate_names_what_is_valid(stacks: Any) -> None:
    """Without names, all."""
    assert run(stacks, "validate").output == "valid  platform-dev\nvalid  fraud-dev\n"


def test_validate_raises_what_is_not(stacks: Any) -> None:
    """The command line turns it into text and exit code."""
    stacks.edit("Pulumi.fraud-dev.yaml", "owner: fraud-models", "owner: 1")

    result = run(stacks, "validate", "fraud-dev")

    assert isinstance(result.exception, HeadgateError)


@pytest.mark.parametrize("entry", ["0", "fraud-score"])
def test_explain_shows_the_line_of_each_value(stacks: Any, entry: str) -> None:
    """In full width, so that places can be copied; an entry by its position, or its name as differences are shown."""
    assert run(stacks, "explain", "fraud-dev", f"models[{entry}].replicas").output == (
        "setting                 value  set by\n"
        "models[0].replicas.min  1      stacks/Pulumi.fraud-dev.yaml:11\n"
        "models[0].replicas.max  2      stacks/Pulumi.fraud-dev.yaml:11\n"
    )


def test_explain_answers_a_mistyped_path_with_the_nearest(stacks: Any) -> None:
    """Instead of nothing."""
    error = run(stacks, "explain", "fraud-dev", "quta").exception
    others = [
        run(stacks, "explain", "fraud-dev", f"models{odd}").exception for odd in ("[1]", "[", "[x]", "[²]", "..a")
    ]

    assert isinstance(error, HeadgateError)
    assert error.fix == "did you mean `quota`?"
    assert {type(each) for each in others} == {HeadgateError}


@pytest.mark.parametrize("team", ["null", "true", "no", "off"])
def test_a_team_may_be_called_what_yaml_takes_for_something_else(stacks: Any, team: str) -> None:
    """Its name is quoted in the file."""
    assert run(stacks, "new", f"{team}-dev").exit_code == 0
    assert run(stacks, "validate", f"{team}-dev").output == f"valid  {team}-dev\n"


def test_new_writes_a_valid_file_once(stacks: Any) -> None:
    """Never over one that is there."""
    assert run(stacks, "new", "search-dev").exit_code == 0
    assert run(stacks, "validate", "search-dev").output == "valid  search-dev\n"

    again = run(stacks, "new", "search-dev").exception

    assert isinstance(again, HeadgateError)
    assert again.what == "stack search-dev exists already"
