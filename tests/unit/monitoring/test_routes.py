"""Alertmanager's configuration, whole; and what would tell nobody, refused."""

from __future__ import annotations

from typing import Any

import pytest
from monitored import groups

from components.monitoring.inhibitions import INHIBITIONS
from components.monitoring.routes import DeadMan, Mail, Quiet, Routing, Step, Training, configuration

pytestmark = pytest.mark.unit

ON_CALL = Step("on-call", webhooks=("https://pager.example.com/x",))
LEAD = Step("lead", emails=("lead@example.com",))
SWITCH = DeadMan("https://watch.example.com/v1/heard/p", "t")
MAIL = Mail("smtp.example.com:587", "alerts@example.com")


def test_a_configuration_says_who_is_told_of_what_and_when() -> None:
    """Chain, quiet hours over midnight, mail, dead man's switch; all but what inhibits what."""
    made = configuration(Routing((ON_CALL, LEAD), SWITCH, MAIL, Quiet("20:00", "06:00", "Asia/Dubai")))

    assert made.pop("inhibit_rules") == [each.document() for each in INHIBITIONS]
    assert made == {
        "global": {"smtp_smarthost": "smtp.example.com:587", "smtp_from": "alerts@example.com"},
        "route": {
            "receiver": "on-call",
            "group_by": ["alertname", "region", "slo"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                {
                    "receiver": "dead-man",
                    "matchers": ['alertname="Watchdog"'],
                    "group_by": ["alertname"],
                    "group_wait": "0s",
                    "group_interval": "1m",
                    "repeat_interval": "50s",
                },
                {"receiver": "nobody", "matchers": ['severity=~"none|info"']},
                {
                    "receiver": "on-call",
                    "matchers": ['severity=~"critical"'],
                    "routes": [
                        {"receiver": "on-call", "matchers": ['escalation="on-call"']},
                        {"receiver": "lead", "matchers": ['escalation="lead"']},
                    ],
                },
                {
                    "receiver": "on-call",
                    "matchers": ['severity=~"warning"'],
                    "mute_time_intervals": ["quiet-hours"],
                },
            ],
        },
        "receivers": [
            {"name": "on-call", "webhook_configs": [{"url": "https://pager.example.com/x", "send_resolved": True}]},
            {"name": "lead", "email_configs": [{"to": "lead@example.com", "send_resolved": True}]},
            {
                "name": "dead-man",
                "webhook_configs": [
                    {
                        "url": "https://watch.example.com/v1/heard/p",
                        "send_resolved": False,
                        "http_config": {"authorization": {"credentials": "t"}},
                    }
                ],
            },
            {"name": "nobody"},
        ],
        "time_intervals": [
            {
                "name": "quiet-hours",
                "time_intervals": [
                    {
                        "times": [
                            {"start_time": "20:00", "end_time": "24:00"},
                            {"start_time": "00:00", "end_time": "06:00"},
                        ],
                        "location": "Asia/Dubai",
                    }
                ],
            }
        ],
    }


def test_without_quiet_hours_nothing_is_muted() -> None:
    """No interval is named that is not there, which Alertmanager would refuse."""
    made = configuration(Routing((ON_CALL,), DeadMan("https://w.example.com/")))

    assert "time_intervals" not in made
    assert made["route"]["routes"][-1] == {"receiver": "on-call", "matchers": ['severity=~"warning"']}
    assert made["receivers"][-2]["webhook_configs"] == [{"url": "https://w.example.com/", "send_resolved": False}]


@pytest.mark.parametrize(
    ("start", "end", "spans"),
    [
        ("13:00", "14:00", [("13:00", "14:00")]),
        ("20:00", "00:00", [("20:00", "24:00")]),
        ("23:59", "00:01", [("23:59", "24:00"), ("00:00", "00:01")]),
    ],
)
def test_hours_over_midnight_are_two_spans(start: str, end: str, spans: list[tuple[str, str]]) -> None:
    """As Alertmanager takes them."""
    made = configuration(Routing((ON_CALL,), SWITCH, quiet=Quiet(start, end, "UTC")))
    times = made["time_intervals"][0]["time_intervals"][0]["times"]

    assert [(span["start_time"], span["end_time"]) for span in times] == spans


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (((), SWITCH), "needs a step"),
        (((Step("mute"),), SWITCH), "step mute tells nobody"),
        (((LEAD,), SWITCH), "step lead is told by mail: give the server"),
        (((Step("nobody", webhooks=("https://x.test",)),), SWITCH), "no step may be called nobody"),
    ],
)
def test_what_would_tell_nobody_is_refused(arguments: Any, said: str) -> None:
    """Before anything is written."""
    with pytest.raises(ValueError, match=said):
        Routing(*arguments)


def test_quiet_hours_that_never_end_are_refused() -> None:
    """Both times alike may mean none or all."""
    with pytest.raises(ValueError, match="give two times"):
        configuration(Routing((ON_CALL,), SWITCH, quiet=Quiet("20:00", "20:00", "UTC")))


def test_inhibitions_name_alerts_that_there_are() -> None:
    """By the names of today, and none explains itself."""
    names = {alert.name for group in groups() for alert in group.alerts}

    assert {name for each in INHIBITIONS for name in (each.source, *each.targets)} <= names
    assert [each.source for each in INHIBITIONS if each.source in each.targets] == []


def test_an_inhibition_covers_the_escalations_of_what_it_explains() -> None:
    """And asks for the same region."""
    gate = next(each for each in INHIBITIONS if each.source == "AdmissionGateDown")

    assert gate.document() == {
        "source_matchers": ['alertname="AdmissionGateDown"'],
        "target_matchers": ['alertname=~"(AdmissionFactsOld|AdmissionGateSlow)(Step[0-9]+)?"'],
        "equal": ["region"],
    }


def test_a_receiver_that_trains_hears_beside_the_people() -> None:
    """Of its models' alerts alone, by its token; whoever is told of them is told all the same."""
    training = Training("fraud", "http://r.team-fraud.svc:8080", "t", ("a", "b"), ("ModelFeatureDrift",))
    made = configuration(Routing((ON_CALL,), SWITCH, training=(training,)))

    assert made["route"]["routes"][1] == {
        "receiver": "training-fraud",
        "matchers": ['team=~"fraud"', 'model=~"a|b"', 'alertname=~"ModelFeatureDrift"'],
        "group_by": ["alertname", "model"],
        "continue": True,
    }
    assert made["receivers"][1] == {
        "name": "training-fraud",
        "webhook_configs": [
            {
                "url": "http://r.team-fraud.svc:8080/v1/alertmanager",
                "send_resolved": False,
                "http_config": {"authorization": {"credentials": "t"}},
            }
        ],
    }
