"""What a workspace's Prometheus and Alertmanager are told, from resources as Azure keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from components.azure.notification import TIME_ZONES
from components.azure.prometheus_rules import iso
from headgate.sandbox.azure.counterparts import alertmanager_config
from headgate.sandbox.azure.counterparts.prometheus_config import Target, configuration, rule_file, seconds
from headgate.stack.monitoring import TimeZone

pytestmark = pytest.mark.unit

ON_CALL = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Insights/actionGroups/ag-on-call"
GROUP: dict[str, Any] = {
    "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.AlertsManagement/prometheusRuleGroups/G",
    "name": "G",
    "properties": {
        "enabled": True,
        "rules": [
            {"record": "a:b", "expression": "sum(c)", "labels": {}, "enabled": True},
            {
                "alert": "Down",
                "expression": "up == 0",
                "for": "PT5M",
                "labels": {"severity": "critical"},
                "annotations": {"summary": "s"},
                "severity": 0,
                "actions": [{"actionGroupId": ON_CALL}],
                "enabled": True,
            },
            {"alert": "Off", "expression": "up == 0", "enabled": False},
        ],
    },
}


def test_a_rule_group_becomes_prometheus_own() -> None:
    """What is disabled is left out; who is told is a label."""
    asleep = {**GROUP, "id": "/other", "properties": {**GROUP["properties"], "enabled": False}}

    assert rule_file([GROUP, asleep]) == {
        "groups": [
            {
                "name": GROUP["id"].lower(),
                "rules": [
                    {"record": "a:b", "expr": "sum(c)"},
                    {
                        "alert": "Down",
                        "expr": "up == 0",
                        "for": "300s",
                        "labels": {
                            "severity": "critical",
                            "azure_severity": "Sev0",
                            "azure_action_groups": ",ag-on-call,",
                        },
                        "annotations": {"summary": "s"},
                    },
                ],
            }
        ]
    }


def test_targets_become_jobs() -> None:
    """One job for each kind; how it is reached belongs to the job."""
    made = configuration(
        [
            Target("models", "127.0.0.1:1", (("region", "a"),)),
            Target("gate", "127.0.0.1:2", (("region", "a"),), https=True),
            Target("models", "127.0.0.1:3", (("region", "b"),)),
            Target("audit", "127.0.0.1:4", https=True, ca="/ca", token_file="/token"),
        ],
        "127.0.0.1:9",
        "/rules.json",
    )

    assert made == {
        "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "5s"},
        "rule_files": ["/rules.json"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:9"]}]}]},
        "scrape_configs": [
            {
                "job_name": "audit",
                "honor_labels": True,
                "static_configs": [{"targets": ["127.0.0.1:4"], "labels": {}}],
                "scheme": "https",
                "tls_config": {"ca_file": "/ca"},
                "authorization": {"credentials_file": "/token"},
            },
            {
                "job_name": "gate",
                "honor_labels": True,
                "static_configs": [{"targets": ["127.0.0.1:2"], "labels": {"region": "a"}}],
                "scheme": "https",
                "tls_config": {"insecure_skip_verify": True},
            },
            {
                "job_name": "models",
                "honor_labels": True,
                "static_configs": [
                    {"targets": ["127.0.0.1:1"], "labels": {"region": "a"}},
                    {"targets": ["127.0.0.1:3"], "labels": {"region": "b"}},
                ],
            },
        ],
    }


def test_what_asks_for_a_certificate_is_a_job_for_each_and_one_to_who_asks() -> None:
    """So API servers of regions, each with an authority of its own; of their many figures one is kept, now and then."""
    pair = ("/a.crt", "/a.key"), ("/b.crt", "/b.key")
    made = configuration(
        [
            Target("apiserver", f"127.0.0.1:{number}", https=True, ca="/ca", pair=each, only="errors_total")
            for number, each in enumerate(pair)
        ],
        "127.0.0.1:9",
        "/rules.json",
    )

    assert [each["job_name"] for each in made["scrape_configs"]] == ["apiserver:/a.crt", "apiserver:/b.crt"]
    assert made["scrape_configs"][1] == {
        "job_name": "apiserver:/b.crt",
        "honor_labels": True,
        "static_configs": [{"targets": ["127.0.0.1:1"], "labels": {}}],
        "scheme": "https",
        "tls_config": {"ca_file": "/ca", "cert_file": "/b.crt", "key_file": "/b.key"},
        "relabel_configs": [{"target_label": "job", "replacement": "apiserver"}],
        "scrape_interval": "30s",
        "scrape_timeout": "10s",
        "metric_relabel_configs": [{"action": "keep", "source_labels": ["__name__"], "regex": "errors_total"}],
    }


def test_action_groups_and_quiet_hours_become_routes() -> None:
    """Webhooks of this machine are called; hours over midnight are two spans; others are seen in Alertmanager alone."""
    group = {
        "name": "ag-on-call",
        "properties": {
            "enabled": True,
            "webhookReceivers": [
                {"name": "here", "serviceUri": "http://127.0.0.1:7/x"},
                {"name": "there", "serviceUri": "https://pager.example.com/x"},
            ],
        },
    }
    quiet = {
        "name": "headgate-quiet-hours",
        "properties": {
            "enabled": True,
            "conditions": [{"field": "Severity", "operator": "Equals", "values": ["Sev2", "Sev3"]}],
            "actions": [{"actionType": "RemoveAllActionGroups"}],
            "schedule": {
                "timeZone": "Arabian Standard Time",
                "recurrences": [{"recurrenceType": "Daily", "startTime": "20:00:00", "endTime": "06:00:00"}],
            },
        },
    }

    assert alertmanager_config.configuration([group], [quiet]) == {
        "route": {
            "receiver": "nobody",
            "group_by": ["..."],
            "group_wait": "1s",
            "group_interval": "5s",
            "repeat_interval": "4h",
            "routes": [
                {
                    "receiver": "ag-on-call",
                    "matchers": ['azure_action_groups=~".*,ag-on-call,.*"'],
                    "continue": True,
                    "routes": [
                        {
                            "receiver": "ag-on-call",
                            "matchers": ['azure_severity=~"Sev2|Sev3"'],
                            "mute_time_intervals": ["headgate-quiet-hours"],
                        }
                    ],
                }
            ],
        },
        "receivers": [
            {"name": "nobody"},
            {"name": "ag-on-call", "webhook_configs": [{"url": "http://127.0.0.1:7/x", "send_resolved": True}]},
        ],
        "time_intervals": [
            {
                "name": "headgate-quiet-hours",
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


def test_a_ledger_is_told_of_every_alert_and_at_quiet_hours_too() -> None:
    """Before anybody else, over TLS and with the token's file; but not of what would end by being recorded."""
    ledger = alertmanager_config.Ledger("https://127.0.0.1:7/v1/alertmanager", "/token", "/ca.crt")
    access = {"authorization": {"credentials_file": "/token"}, "tls_config": {"ca_file": "/ca.crt"}}

    found = alertmanager_config.configuration([], [], ledger)

    assert found["route"]["routes"] == [
        {
            "receiver": "ledger",
            "matchers": ['alertname!~"LedgerNotReceiving.*|Watchdog"'],
            "continue": True,
            "repeat_interval": "24h",
        }
    ]
    assert found["receivers"][1:] == [
        {
            "name": "ledger",
            "webhook_configs": [{"url": ledger.url, "send_resolved": True, "max_alerts": 0, "http_config": access}],
        }
    ]


def test_every_time_zone_is_known_on_both_sides() -> None:
    """What a stack may say, Azure's name of it, and the way back."""
    assert set(TIME_ZONES) == {str(zone) for zone in TimeZone}
    assert {azure: zone for zone, azure in TIME_ZONES.items()} == alertmanager_config.TIME_ZONES


@pytest.mark.parametrize(("length", "text"), [(90, "PT90S"), (300, "PT5M"), (3600, "PT60M"), (45, "PT45S")])
def test_durations_survive_the_way_there_and_back(length: int, text: str) -> None:
    """Into ISO 8601 by the component, out of it here."""
    assert iso(length) == text
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["5m", "PT", "P1D"])
def test_other_durations_are_refused(text: str) -> None:
    """Rather than taken for nothing."""
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)
