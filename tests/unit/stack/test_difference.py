"""`headgate stack diff`: what differs, on which line of which file, and whether a release carries it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headgate.cli.stack import stack
from headgate.errors import HeadgateError
from headgate.stack import load_stack
from headgate.stack.released import settings_of, shown

pytestmark = pytest.mark.unit

OTHER = "sha256:" + "c" * 64


def run(stacks: Any, *arguments: str, columns: int = 160) -> Result:
    """Compare two stacks on a terminal of some width."""
    arguments = ("--stacks", str(stacks.folder), "diff", *arguments)
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(stack, arguments, standalone_mode=False)


@pytest.fixture
def both(stacks: Any) -> Any:
    """Return the folder with a staging that has another digest, more replicas, and a model more."""
    stacks.add("staging")
    stacks.edit("Pulumi.fraud-staging.yaml", "digest: sha256:" + "a" * 64, f"digest: {OTHER}")
    stacks.edit("Pulumi.fraud-staging.yaml", "min: 1", "min: 2")
    text = (stacks.folder / "Pulumi.fraud-staging.yaml").read_text(encoding="utf-8")
    entry = text[text.index("      - name") :]
    stacks.write("Pulumi.fraud-staging.yaml", text.replace("models:\n", "models:\n" + entry.replace("score", "rank")))
    return stacks


def test_a_wide_terminal_gets_columns(both: Any) -> None:
    """What a release carries first; an entry that one stack alone has in one line; models compared by name."""
    output = run(both, "fraud-dev", "fraud-staging").output
    columns = ["setting", "fraud-dev", "set by", "fraud-staging", "set by"]

    assert [re.split(r" {2,}", line) for line in output.splitlines()] == [
        ["carried by a release: 2"],
        columns,
        ["models[fraud-rank]", "-", "an entry", "stacks/Pulumi.fraud-staging.yaml:7"],
        [
            "models[fraud-score].digest",
            *("sha256:aaaaaaaaaaaa…", "stacks/Pulumi.fraud-dev.yaml:9"),
            *("sha256:cccccccccccc…", "stacks/Pulumi.fraud-staging.yaml:15"),
        ],
        [""],
        ["the environment's own: 1"],
        columns,
        [
            "models[fraud-score].replicas.min",
            *("1", "stacks/Pulumi.fraud-dev.yaml:11"),
            *("2", "stacks/Pulumi.fraud-staging.yaml:17"),
        ],
    ]
    assert len({line.index("stacks/Pulumi.fraud-staging") for line in output.splitlines()[2:4]}) == 1


def test_a_narrow_terminal_gets_lines_that_fit(both: Any) -> None:
    """Nothing is cut, nothing wraps at 80 columns."""
    output = run(both, "fraud-dev", "fraud-staging", columns=80).output

    assert output == (
        "carried by a release: 2\n"
        "models[fraud-rank]\n"
        "  fraud-dev      -\n"
        "  fraud-staging  an entry              stacks/Pulumi.fraud-staging.yaml:7\n"
        "models[fraud-score].digest\n"
        "  fraud-dev      sha256:aaaaaaaaaaaa…  stacks/Pulumi.fraud-dev.yaml:9\n"
        "  fraud-staging  sha256:cccccccccccc…  stacks/Pulumi.fraud-staging.yaml:15\n"
        "\n"
        "the environment's own: 1\n"
        "models[fraud-score].replicas.min\n"
        "  fraud-dev      1  stacks/Pulumi.fraud-dev.yaml:11\n"
        "  fraud-staging  2  stacks/Pulumi.fraud-staging.yaml:17\n"
    )
    assert max(map(len, output.splitlines())) <= 80


def test_as_data_a_difference_has_both_values_in_full(both: Any) -> None:
    """With the path by which `headgate stack explain` finds each."""
    found = json.loads(run(both, "fraud-dev", "fraud-staging", "--release", "--json").output)

    assert (found["left"], found["right"]) == ("fraud-dev", "fraud-staging")
    assert next(each for each in found["differences"] if each["path"] == "models[fraud-score].digest") == {
        "path": "models[fraud-score].digest",
        "carried_by_release": True,
        "left": {
            "value": "sha256:" + "a" * 64,
            "path": "models[0].digest",
            "origin": "stacks/Pulumi.fraud-dev.yaml:9",
        },
        "right": {"value": OTHER, "path": "models[1].digest", "origin": "stacks/Pulumi.fraud-staging.yaml:15"},
    }
    assert {each["carried_by_release"] for each in found["differences"]} == {True}


def test_the_exit_code_tells_only_when_asked(both: Any) -> None:
    """As `git diff`: 0, or with --exit-code 1 where something differs."""
    codes = [
        run(both, *arguments).return_value
        for arguments in (
            ("fraud-dev", "fraud-staging"),
            ("fraud-dev", "fraud-staging", "--exit-code"),
            ("fraud-dev", "fraud-dev", "--exit-code"),
        )
    ]

    assert codes == [0, 1, 0]


def test_equal_stacks_are_said_to_be_so(stacks: Any) -> None:
    """Not with an empty screen."""
    assert run(stacks, "fraud-dev", "fraud-dev").output == "fraud-dev and fraud-dev do not differ\n"


def test_a_platform_is_not_compared_with_a_team(stacks: Any) -> None:
    """They have no settings in common; the remedy is a command that works."""
    error = run(stacks, "fraud-dev", "platform-dev").exception

    assert isinstance(error, HeadgateError)
    assert (error.what, error.fix) == (
        "a platform and a team have no settings in common",
        "headgate stack diff fraud-dev fraud-dev",
    )


def test_an_unknown_stack_is_answered_with_those_there_are(stacks: Any) -> None:
    """By the loader's own words."""
    error = run(stacks, "fraud-dev", "frau-dev").exception

    assert isinstance(error, HeadgateError)
    assert (error.what, error.fix) == (
        "stack frau-dev has no file",
        "did you mean `fraud-dev`? A new one: `headgate stack new frau-dev`",
    )


def test_a_release_carries_what_digests_name(stacks: Any) -> None:
    """Told from the settings' types: models with their runtime and objectives, images, the version of Kubernetes."""
    carried = {
        name: [
            shown(each.path, each.place)
            for each in settings_of(load_stack(name, stacks.folder).config)
            if each.released
        ]
        for name in ("fraud-dev", "platform-dev")
    }

    assert {name.removeprefix("models[fraud-score].") for name in carried["fraud-dev"]} >= {
        *("name", "version", "digest", "runtime.image", "runtime.digest"),
        *("resources.cpu", "resources.memory", "latency_objective_ms"),
    }
    assert not [name for name in carried["fraud-dev"] if "replicas" in name or not name.startswith("models[")]
    assert set(carried["platform-dev"]) >= {
        "cluster.kubernetes_version",
        *("gateway.image", "gateway.digest", "gate.opa.image", "gate.opa.digest"),
    }
    assert not {"gateway.host", "gateway.replicas", "budget.monthly", "data_class"} & set(carried["platform-dev"])
