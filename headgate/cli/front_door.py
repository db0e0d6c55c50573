"""A request through the sandbox's front door, and the error where no answer comes. Showing it is for others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.sandbox.layout import StateDir
    from headgate.sandbox.smoke import SmokeResult

PLATFORM = "platform-sandbox"


def through_front_door(
    model: str, request: Mapping[str, Any], state: StateDir, *, patience: float = 0.0
) -> SmokeResult:
    """Ask a model as a client would; what comes may be a failure."""
    from headgate import engine
    from headgate.sandbox.smoke import smoke

    endpoint = str(engine.outputs(PLATFORM, state=state)["endpoint"]).removeprefix("https://")
    return smoke(f"https://{endpoint}", model, request, state=state, patience=patience)


def require_answer(answer: SmokeResult) -> None:
    """Refuse a failure."""
    if not answer.ok:
        raise HeadgateError(
            "the model does not answer through the front door",
            where=answer.url,
            found=answer.error or f"HTTP {answer.status}",
            expected="an inference response",
            fix="headgate sandbox status; headgate sandbox logs dataplane",
        )
