"""The waivers that are in force, for the rules. Most projects have none, and are spared what reading them takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.policy.bundle import Bundle

if TYPE_CHECKING:
    from headgate.waiver.standing import Standing

FOLDER = "waivers"


def in_force(bundle: Bundle, stacks: Path) -> tuple[Bundle, tuple[Standing, ...]]:
    """Return the rules with the waivers that count today, and how every waiver stands."""
    if not any((stacks / FOLDER).glob("*.yaml")):
        return bundle, ()
    from headgate.approver import register
    from headgate.waiver.document import read_all
    from headgate.waiver.standing import standing, today

    found = standing(read_all(stacks), register.read(bundle.root), bundle.rules, today())
    return replace(bundle, waivers=tuple(each.as_data() for each in found if each.counts)), found
