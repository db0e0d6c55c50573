"""The dead man's switch judges silence, and says so in Alertmanager's form."""

from __future__ import annotations

import datetime
import json

import pytest

from headgate.watchdog.receiver import is_sign_of_life
from headgate.watchdog.service import document
from headgate.watchdog.silence import Notice, Silence

pytestmark = pytest.mark.unit


def silence() -> Silence:
    """Return one that expects two platforms, from second 0, waits 10 seconds and reminds after 60."""
    return Silence(["b", "a"], patience=10, remind=60, now=0)


def test_a_platform_that_was_never_heard_is_silent() -> None:
    """From the start on, once the patience is over; in the order of names."""
    found = silence()

    assert found.due(9) == []
    assert found.due(10) == [Notice("a", is_silent=True, seconds=10), Notice("b", is_silent=True, seconds=10)]


def test_what_was_not_taken_stays_due() -> None:
    """Until somebody takes it; then it waits for the reminder."""
    found = silence()
    found.hear("b", 8)

    assert found.due(12) == found.due(12) == [Notice("a", is_silent=True, seconds=12)]
    found.told(found.due(12)[0], 12)
    assert found.due(17) == []
    found.hear("b", 60)
    assert found.due(71) == [
        Notice("b", is_silent=True, seconds=11),
    ]
    found.hear("b", 71)
    assert found.due(72) == [Notice("a", is_silent=True, seconds=72)]


def test_that_it_is_heard_again_is_told_once() -> None:
    """With how long it was silent; what was never told of is not taken back."""
    found = silence()
    found.told(found.due(10)[0], 10)
    found.hear("a", 25)
    found.hear("a", 26)
    found.hear("b", 26)

    assert found.due(26) == [Notice("a", is_silent=False, seconds=25)]
    found.told(found.due(26)[0], 26)
    assert found.due(27) == []


def test_nobody_unexpected_is_heard() -> None:
    """A platform that is not expected would never be missed."""
    assert silence().hear("c", 1) is False
    assert silence().hear("a", 1) is True


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        ({"alerts": [{"status": "firing", "labels": {"alertname": "Watchdog"}}]}, True),
        ({"alerts": [{"status": "resolved", "labels": {"alertname": "Watchdog"}}]}, False),
        ({"alerts": [{"status": "firing", "labels": {"alertname": "Other"}}]}, False),
        ({"alerts": []}, False),
        ({"alerts": [7]}, False),
        ([], False),
        ({}, False),
    ],
)
def test_only_a_watchdog_that_fires_is_a_sign_of_life(body: object, is_one: bool) -> None:
    """That it is over, another alert, or nonsense is none."""
    assert is_sign_of_life(json.dumps(body).encode()) is is_one
    assert is_sign_of_life(b"\xff") is False


def test_a_notice_has_the_form_of_alertmanagers_webhooks() -> None:
    """What takes those takes this."""
    now = datetime.datetime(2026, 1, 1, 12, 10, tzinfo=datetime.UTC)
    made = document(Notice("platform-prod", is_silent=True, seconds=600), "https://x.test/runbooks/", now)
    labels = {"alertname": "WatchdogSilent", "platform": "platform-prod", "severity": "critical"}
    annotations = {
        "summary": "platform-prod is silent",
        "description": "Its Watchdog was not heard for 600 s. No alert of it can reach anybody.",
        "runbook_url": "https://x.test/runbooks/watchdog.md",
    }

    assert made == {
        "version": "4",
        "status": "firing",
        "receiver": "watchdog",
        "groupKey": "WatchdogSilent/platform-prod",
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": "2026-01-01T12:00:00+00:00",
            }
        ],
    }
    over = document(Notice("platform-prod", is_silent=False, seconds=600), "", now)["alerts"][0]
    assert (over["status"], over["endsAt"], over["annotations"]["summary"]) == (
        "resolved",
        "2026-01-01T12:10:00+00:00",
        "platform-prod is heard again",
    )
