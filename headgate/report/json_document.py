"""The decision for a program."""

from __future__ import annotations

import json

from headgate.policy.decision import Decision


def render(decision: Decision) -> str:
    """Return the decision as one JSON document."""
    return json.dumps(decision.as_json(), indent=2, ensure_ascii=False) + "\n"
