"""What stands of a platform, and whether this update may lead from there to what is asked for.

Owns the export that the next update reads, and the refusal. The rules themselves are in `headgate.stack.continuity`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headgate.errors import HeadgateError
from headgate.stack import LoadedStack, StackName, list_stacks
from headgate.stack.continuity import Standing, step_errors
from headgate.stack.faults import raise_all
from infra.deployed import exports
from infra.settings import CHECKOUT, Settings

EXPORT = "standing"
Read = Callable[[str], dict[str, Any]]


def full_name(name: StackName) -> str:
    """Return a stack's name as Pulumi finds it from any other."""
    return f"organization/headgate/{name}"


def check(settings: Settings, read: Read = exports) -> None:
    """Refuse an update that would lose a region in traffic, leave a team's models behind, or skip a version."""
    before = standing(settings.stack.name, read)
    if before is None:
        return
    raise_all(step_errors(before, settings.stack))
    asked = {region.name for region in settings.stack.platform.regions}
    removed = [name for name in before.regions if name not in asked]
    raise_all(_left_behind(settings.stack, removed, read))


def standing(name: StackName, read: Read = exports) -> Standing | None:
    """Return what a platform was when it was last deployed; nothing where it never was."""
    return Standing.from_export(read(full_name(name)).get(EXPORT))


def _left_behind(platform: LoadedStack, removed: list[str], read: Read) -> list[HeadgateError]:
    """Return the teams that still have models in a region that goes: their next update could not reach it."""
    errors = []
    for name in list_stacks(CHECKOUT / "stacks") if removed else []:
        if name.is_platform or name.platform != platform.name:
            continue
        there = set((read(full_name(name)).get("summary") or {}).get("regions") or [])
        errors += [
            HeadgateError(
                f"{name} still has its models in {region}",
                where=f"stacks/{platform.name.file_name}",
                found=f"{region} in the last update of {name}",
                expected="every team's stack deployed after the region drained",
                fix=f"pulumi up -s {name}, then this again",
            )
            for region in removed
            if region in there
        ]
    return errors
