"""What became of the waivers of a run's stack. Who may sign and what counts is the business of `headgate.waiver`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.policy.decision import UNUSED, USED, Decision, Leave

if TYPE_CHECKING:
    from headgate.waiver.standing import Standing


def told(decision: Decision, found: Sequence[Standing]) -> Decision:
    """Return a decision that tells what became of each waiver of its stack, for the rules that judged."""
    used = {result.waiver.id for result in decision.results if result.waiver is not None}
    rules = {rule.id for rule in decision.rules}
    mine = [each for each in found if _concerns(each, decision, used)]
    asked = [each for each in mine if each.waiver.rule in rules or not each.counts]
    return replace(decision, waivers=tuple(_leave(each, used) for each in asked))


def _concerns(each: Standing, decision: Decision, used: set[str]) -> bool:
    if each.waiver.id in used and each.counts:
        return True
    if decision.gate not in each.waiver.gates:
        return False
    if decision.stack is not None:
        return each.waiver.stack == decision.stack
    return bool(each.waiver.namespace) and each.waiver.stack.endswith(f"-{decision.environment}")


def _leave(each: Standing, used: set[str]) -> Leave:
    became = each.problem or (USED if each.waiver.id in used else UNUSED)
    path, here = Path(each.where), Path.cwd()
    where = str(path.relative_to(here) if path.is_relative_to(here) else path)
    return Leave(each.waiver.id, each.waiver.rule, where, became)
