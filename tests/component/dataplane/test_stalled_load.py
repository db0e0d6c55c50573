"""A load on an end that takes requests and answers none."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pytest

from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run
from tests.component.azure.test_counterparts import Origin

pytestmark = pytest.mark.component


def test_what_nobody_answers_leaves_no_connection_open(tmp_path: Path) -> None:
    """As when a region stands still: each request fails in its time, and its connection over TLS ends with it."""
    state = StateDir(tmp_path).ensure()
    origin = Origin(state, "stalled")
    origin.going.clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            outcome = run(Load("https://stalled.test/v2/models/m/infer", rate=10, seconds=0.5, timeout=0.5), state)
            gc.collect()
    finally:
        origin.going.set()
        origin.close()

    assert (outcome.sent, outcome.good) == (5, 0)
