"""Stacks against each other: what no file says alone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack import StackName, list_stacks
from headgate.stack.faults import StackError
from headgate.stack.together import validate_stacks
from headgate.stack.trial import validated

pytestmark = pytest.mark.unit


def failure(stacks: Any) -> HeadgateError:
    """Validate everything; return the error."""
    with pytest.raises(HeadgateError) as caught:
        validate_stacks(list_stacks(stacks.folder), stacks.folder)
    return caught.value


def test_a_team_can_not_carry_more_sensitive_data_than_its_platform(stacks: Any) -> None:
    """The class of the platform is the most that its teams may have."""
    stacks.edit("Pulumi.fraud-dev.yaml", "    owner:", "    data_class: restricted\n    owner:")

    error = failure(stacks)

    assert (error.what, error.where) == (
        "platform-dev does not carry restricted data",
        "stacks/Pulumi.fraud-dev.yaml:4",
    )


def test_gpus_need_a_platform_that_has_some(stacks: Any) -> None:
    """A model with GPUs on a platform without a GPU pool would stay pending for ever."""
    stacks.edit("Pulumi.fraud-dev.yaml", "memory: 512Mi", "memory: 512Mi, gpus: 1")

    error = failure(stacks)

    assert (error.what, error.where) == ("platform-dev has no GPU pool", "stacks/Pulumi.fraud-dev.yaml:12")


def test_one_model_name_is_one_teams_in_an_environment(stacks: Any) -> None:
    """Both would answer at /v2/models/<name>."""
    text = (stacks.folder / "Pulumi.fraud-dev.yaml").read_text(encoding="utf-8")
    stacks.write("Pulumi.vision-dev.yaml", text.replace("name: fraud\n", "name: vision\n"))

    error = failure(stacks)

    assert (error.what, error.where, error.found) == (
        "model `fraud-score` is another team's too",
        "stacks/Pulumi.vision-dev.yaml:7",
        "/v2/models/fraud-score in fraud-dev and vision-dev",
    )


def test_a_broken_platform_is_told_once(stacks: Any) -> None:
    """Not once for each of its teams."""
    stacks.edit("Pulumi.platform-dev.yaml", "name: uaenorth", "name: mars")

    error = failure(stacks)

    assert (type(error), error.where) == (HeadgateError, "stacks/Pulumi.platform-dev.yaml:4")


def test_production_takes_only_digests_that_staging_has(stacks: Any) -> None:
    """Told with the line in production, and the command that carries a release there."""
    stacks.add("staging")
    stacks.add("prod")
    stacks.edit("Pulumi.fraud-prod.yaml", "digest: sha256:" + "a" * 64, "digest: sha256:" + "c" * 64)
    stacks.write("defaults/prod.yaml", f"platform: {{gateway: {{digest: 'sha256:{'d' * 64}'}}}}")

    error = failure(stacks)

    assert isinstance(error, StackError)
    assert [(each.what, each.where, each.expected, each.fix) for each in error.errors] == [
        (
            "`gateway.digest` is not proven in staging",
            "stacks/defaults/prod.yaml:1",
            "a digest that platform-staging has, or had in a commit of this clone",
            "headgate release promote platform staging prod",
        ),
        (
            "`models[fraud-score].digest` is not proven in staging",
            "stacks/Pulumi.fraud-prod.yaml:9",
            "a digest that fraud-staging has, or had in a commit of this clone",
            "headgate release promote fraud staging prod",
        ),
    ]


def test_staging_may_be_a_release_ahead_of_production(stacks: Any) -> None:
    """What production runs was in staging's file, as a commit says; what never was there is refused as before."""
    stacks.add("staging")
    stacks.add("prod")
    committed(stacks.folder)
    stacks.edit("Pulumi.fraud-staging.yaml", "digest: sha256:" + "a" * 64, "digest: sha256:" + "c" * 64)

    validate_stacks(list_stacks(stacks.folder), stacks.folder)
    # As a promotion is tried, in a copy that has no commits.
    validated(stacks.folder, StackName.parse("fraud-prod"), (stacks.folder / "Pulumi.fraud-prod.yaml").read_text())
    stacks.edit("Pulumi.fraud-prod.yaml", "digest: sha256:" + "a" * 64, "digest: sha256:" + "e" * 64)

    assert failure(stacks).found == "sha256:" + "e" * 64


def committed(folder: Path) -> None:
    """Commit what a folder has."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "--message=x"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)


def test_production_without_a_staging_is_unproven(stacks: Any) -> None:
    """Each digest is named; staging and dev themselves need no proof."""
    stacks.add("prod")
    (stacks.folder / "Pulumi.platform-prod.yaml").unlink()

    error = failure(stacks)

    assert (error.what, error.expected) == (
        "`models[fraud-score].digest` is not proven in staging",
        "a stack fraud-staging, which is not there",
    )


def test_a_stack_name_says_whose_it_is() -> None:
    """Pulumi's own prefix is allowed."""
    name = StackName.parse("organization/headgate/fraud-prod")

    assert (name.owner, str(name.environment), str(name.platform), name.section) == (
        "fraud",
        "prod",
        "platform-prod",
        "team",
    )
