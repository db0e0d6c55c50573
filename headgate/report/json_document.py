"""The decision for a program."""

from __future__ import annotations

import json

from headgate.policy.decision import Decision
from headgate.report.interface import NO_CHANGE, Change


def render(decision: Decision, change: Change = NO_CHANGE) -> str:
    """Return the decision as one JSON document, and what the change does."""
    return json.dumps(decision.as_json() | change.as_json(), indent=2, ensure_ascii=False) + "\n"
