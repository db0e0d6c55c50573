"""The audit trail's settings: what can't be taken back is asked for on purpose."""

from __future__ import annotations

import pytest

from headgate.stack import load_stack
from headgate.stack.audit import Audit
from headgate.stack.checks import check_platform
from headgate.stack.finding import Finding
from headgate.stack.platform import PlatformStack

pytestmark = pytest.mark.unit


def with_audit(*, locked: bool, protect: bool) -> list[Finding]:
    """Return what is wrong with the production platform, with another audit trail."""
    platform = load_stack("platform-prod").platform
    changed = {"protect": protect, "audit": Audit(retention_days=30, locked=locked)}
    return list(check_platform(PlatformStack.model_validate(platform.model_dump() | changed)))


def test_a_final_period_is_for_what_is_protected() -> None:
    """A locked store outlives a stack that may be deleted; the value to change is named."""
    assert with_audit(locked=True, protect=False) == [
        Finding(
            ("audit", "locked"),
            "a final retention period in a stack that may be deleted",
            found="locked: true, protect: false, retention_days: 30",
            expected="`protect: true` beside it: Azure deletes a locked store for nobody before its days are over",
            fix="remove `locked:`, or write `protect: true`",
        )
    ]


@pytest.mark.parametrize(("locked", "protect"), [(True, True), (False, False), (False, True)])
def test_a_period_that_is_not_final_is_for_every_stack(locked: bool, protect: bool) -> None:
    """And a final one for those that are protected."""
    assert with_audit(locked=locked, protect=protect) == []


@pytest.mark.parametrize("stack", ["platform-dev", "platform-staging", "platform-prod", "platform-sandbox"])
def test_no_committed_stack_locks_its_period(stack: str) -> None:
    """Locking is a step of its own, after the first logs have arrived."""
    assert not load_stack(stack).platform.audit.locked
