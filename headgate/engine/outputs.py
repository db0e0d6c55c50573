"""What a deployed stack exports, as `pulumi stack output` gives it; secrets stay masked."""

from __future__ import annotations

from typing import Any

from headgate.engine import environment, repair
from headgate.engine.process import Pulumi
from headgate.errors import HeadgateError
from headgate.sandbox.layout import CHECKOUT, StateDir


def outputs(stack: str, *, state: StateDir | None = None) -> dict[str, Any]:
    """Return the exports of a stack that has been deployed."""
    variables = environment.prepare(state or StateDir.from_environment())
    pulumi = Pulumi(environment.child_environment(variables), CHECKOUT)
    document = repair.json_of(pulumi, ["stack", "output", "--json", "--stack", stack])
    if not isinstance(document, dict):
        raise HeadgateError("the stack has no exports", where=stack, fix=f"headgate up -s {stack}")
    return document
