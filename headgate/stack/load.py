"""Loads a stack: base → environment → the stack's own file, checked, each value with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from headgate.errors import HeadgateError
from headgate.stack.checks import check_platform, check_team
from headgate.stack.document import KeyPath, Origin
from headgate.stack.faults import raise_all
from headgate.stack.folder import find_stacks
from headgate.stack.identity import StackName
from headgate.stack.layers import Layered
from headgate.stack.platform import PlatformStack
from headgate.stack.problems import from_validation
from headgate.stack.team import TeamStack
from headgate.stack.written import written


@dataclass(frozen=True)
class LoadedStack:
    """A stack's settings, checked, and where each came from."""

    name: StackName
    config: PlatformStack | TeamStack
    origins: Mapping[KeyPath, Origin]
    values: Mapping[str, Any]
    objectives: tuple[Mapping[str, Any], ...] = ()
    """A team's own objectives, as OpenSLO has them."""

    @property
    def platform(self) -> PlatformStack:
        """The settings of a platform stack."""
        if not isinstance(self.config, PlatformStack):
            raise HeadgateError("this is a team's stack", found=str(self.name), expected=str(self.name.platform))
        return self.config

    @property
    def team(self) -> TeamStack:
        """The settings of a team's stack."""
        if not isinstance(self.config, TeamStack):
            raise HeadgateError("this is the platform's stack", found=str(self.name), expected="a team's stack")
        return self.config


def load_stack(
    name: str | StackName, stacks: Path | None = None, settings: Mapping[str, Any] | None = None
) -> LoadedStack:
    """Load and check one stack.

    `settings` is what Pulumi says the stack's own layer is (`pulumi.Config`); it wins over the file where they differ,
    as after `pulumi up --config`.
    """
    parsed = StackName.parse(name) if isinstance(name, str) else name
    folder = stacks or find_stacks()
    return _with_objectives(_checked(parsed, written(parsed, folder, settings)), folder)


def _checked(name: StackName, layered: Layered) -> LoadedStack:
    """Validate the merged values; every fault has the place of the value that caused it."""
    model: type[PlatformStack] | type[TeamStack] = PlatformStack if name.is_platform else TeamStack
    try:
        config = model.model_validate(layered.value)
    except ValidationError as error:
        raise_all(from_validation(error, model, layered.origin))
        raise
    findings = check_platform(config) if isinstance(config, PlatformStack) else check_team(config, name)
    raise_all(finding.at(layered.origin) for finding in findings)
    return LoadedStack(name, config, layered.origins, layered.value)


def _with_objectives(stack: LoadedStack, folder: Path) -> LoadedStack:
    """Add the objectives of the files that a team's stack names."""
    if not isinstance(stack.config, TeamStack) or not stack.config.slo:
        return stack
    # Their format is known to the components, which a stack without any need not load.
    from headgate.stack.objectives import team_objectives

    found = list(team_objectives(stack.config.name, stack.config.slo, folder))
    raise_all(each for each in found if isinstance(each, HeadgateError))
    return replace(stack, objectives=tuple(each for each in found if not isinstance(each, HeadgateError)))
