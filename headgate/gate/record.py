"""Where the gates' decisions are recorded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from headgate.policy.decision import Decision
from headgate.sandbox.layout import StateDir


def configured_ledger() -> Path | None:
    """Return the ledger that this shell records in: HEADGATE_LEDGER, else that of a sandbox that exists."""
    if named := os.environ.get("HEADGATE_LEDGER"):
        return Path(named)
    ledger = StateDir.from_environment().ledger
    return ledger if ledger.is_dir() else None


def is_sandbox(variables: Mapping[str, str] = os.environ) -> bool:
    """Say whether the engine's state is the sandbox's own, as `headgate env` sets it."""
    scheme, _, place = variables.get("PULUMI_BACKEND_URL", "").partition("?")[0].partition("://")
    return scheme == "file" and Path(place).resolve() == StateDir.from_environment().pulumi_backend.resolve()


def keep(decision: Decision, ledger: Path) -> None:
    """Make the decision an entry of the ledger; a decision that can't be recorded is none."""
    # Most checks keep no ledger, and are spared what writing one takes.
    from headgate.audit import Entry, record

    record(ledger, [Entry(kind="decision", subject=decision.stack or decision.origin, data=decision.as_json())])
