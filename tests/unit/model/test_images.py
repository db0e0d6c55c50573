"""Stand-in images: a digest that depends on content alone."""

from __future__ import annotations

import pytest
import yaml

from headgate.model import RegistryError, program_image, runtime_image
from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.unit


def test_the_runtime_has_the_digest_that_the_stack_files_name() -> None:
    """A change of the runtime's source is a change of what is deployed, and shows in the stack files."""
    stacks = [
        yaml.safe_load(path.read_text())["config"]["headgate:team"]
        for path in sorted((CHECKOUT / "stacks").glob("Pulumi.fraud-*.yaml"))
    ]

    named = {model["runtime"]["digest"] for stack in stacks for model in stack["models"]}
    assert {runtime_image().digest} == named


def test_a_program_of_another_version_is_another_image() -> None:
    """The version is content."""
    assert program_image("opa", "1.22.0").digest != program_image("opa", "1.22.1").digest


def test_a_repository_must_end_in_the_programs_name() -> None:
    """The sandbox finds the program by it."""
    with pytest.raises(RegistryError):
        program_image("opa", "1.22.0", repository="policy/other")
