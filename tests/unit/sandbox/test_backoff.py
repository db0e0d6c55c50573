"""Pauses before a restart grow, end growing, and are forgotten after a stable run."""

from __future__ import annotations

import pytest

from headgate.sandbox.supervisor.backoff import LONGEST, STABLE_AFTER, Backoff

pytestmark = pytest.mark.unit


def test_pauses_double_up_to_the_longest() -> None:
    """Eight quick deaths end at the cap."""
    backoff = Backoff()

    pauses = [backoff.after_run(0.1) for _ in range(9)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, LONGEST, LONGEST]


def test_a_stable_run_is_forgiven() -> None:
    """A death after half a minute is a first one."""
    backoff = Backoff()
    for _ in range(6):
        backoff.after_run(0.1)

    assert backoff.after_run(STABLE_AFTER) == 0.2


def test_a_long_life_of_deaths_stays_at_the_cap() -> None:
    """A thousand deaths overflow nothing."""
    backoff = Backoff(deaths=1000)

    assert backoff.after_run(0.0) == LONGEST
