"""What a row of answers says: since when all is well, and how long nothing came."""

from __future__ import annotations

import pytest

from headgate.drill.answers import Answer, Heard, steady, worst_pause

pytestmark = pytest.mark.unit


def row(*regions: str, settled: float | None = None) -> Heard:
    """Return an answer a second, by region; none where the name is empty."""
    answers = tuple(Answer(float(at), 0.1, bool(name), name) for at, name in enumerate(regions))
    return Heard(answers, float(len(regions)) if settled is None else settled)


@pytest.mark.parametrize(
    ("heard", "moment", "since"),
    [
        (row("a", "a", "", "b", "b", "b"), 0, 3.0),
        (row("a", "a", "", "b", "b"), 0, None),
        (row("a", "b", "b", "b", "", "b"), 0, None),
        (row("a", "b", "a", "b", "b", "b"), 0, 3.0),
        (row("a", "a", "a", "a", "a", "a"), 0, None),
        (row("b", "b", "b", "b"), 0, 0.0),
        (row("", "", "b", "b", "b"), 2, 2.0),
        (row("b", "b", "b", "b", settled=2.0), 0, None),
        (Heard((), 60.0), 0, None),
    ],
)
def test_all_is_well_since_the_first_of_the_good_answers_from_elsewhere(
    heard: Heard, moment: float, since: float | None
) -> None:
    """Held for three seconds; a request that is still open counts for nothing, and silence is not well."""
    found = steady(heard, moment, 3.0, without="a")

    assert (found.at if found else None) == since


def test_failures_regions_and_the_longest_pause_are_counted() -> None:
    """What a report says of an outage."""
    heard = row("a", "", "", "b", "a")

    assert (heard.failed, heard.regions, worst_pause(heard.answers)) == (2, {"a": 2, "b": 1}, pytest.approx(3.0))
    assert (heard.since(3).regions, worst_pause(())) == ({"a": 1, "b": 1}, 0.0)
