"""What the sandbox's Alertmanager tells the ledger: Alertmanager itself, and the collector as a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from pager import Pager

from components.monitoring import routes
from headgate.sandbox.azure.counterparts.alertmanager_config import Ledger, configuration
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from tests.component.audit.test_collector import TOKEN, Collector
from tests.component.monitoring.test_routes import QUICK, Alertmanager, eventually

pytestmark = pytest.mark.component


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return the authority of the collector's certificate."""
    return Authority(StateDir(tmp_path / "state"))


@pytest.fixture
def collector(tmp_path: Path, authority: Authority) -> Iterator[Collector]:
    """Run a collector for one test."""
    pair = authority.server("audit", ["127.0.0.1", "localhost"])
    running = Collector(tmp_path, "--tls-cert", str(pair.cert), "--tls-key", str(pair.key))
    yield running
    running.stop()


@pytest.fixture
def alertmanager(tmp_path: Path, authority: Authority, collector: Collector) -> Iterator[Alertmanager]:
    """Run an Alertmanager that is told of the ledger, and of nobody else."""
    url = f"{collector.address}/v1/alertmanager/platform-sandbox"
    ledger = Ledger(url, str(tmp_path / "token"), str(authority.ca_cert))
    document = configuration([], [], ledger)
    document["route"] |= {"group_wait": "50ms", "group_interval": "200ms"}
    running = Alertmanager(document, tmp_path / "alertmanager")
    yield running
    running.stop()


def test_an_alert_is_recorded_when_it_begins_and_when_it_is_over(
    alertmanager: Alertmanager, collector: Collector, authority: Authority
) -> None:
    """By the token and over TLS; the dead man's switch, and the alarm about the ledger's own silence, are not."""

    def recorded() -> list[dict[str, Any]]:
        given = {"authorization": f"Bearer {TOKEN}"}
        with urllib3.PoolManager(ca_certs=str(authority.ca_cert)) as pool:
            told = pool.request("GET", f"{collector.address}/v1/entries?kind=alert", headers=given, retries=False)
        return [json.loads(line) for line in told.data.splitlines()]

    labels = {"alertname": "RegistryDown", "severity": "critical", "region": "uaenorth"}
    alertmanager.fire({"alertname": "Watchdog"}, {"alertname": "LedgerNotReceiving"}, labels)
    eventually(lambda: len(recorded()) == 1, "the alert is recorded")
    alertmanager.end(labels)
    eventually(lambda: len(recorded()) == 2, "its end is recorded")
    found = recorded()

    assert [each["data"]["status"] for each in found] == ["firing", "resolved"]
    assert {(each["kind"], each["actor"], each["subject"]) for each in found} == {
        ("alert", "alertmanager", "platform-sandbox/RegistryDown")
    }
    assert [each["data"]["labels"] for each in found] == [labels, labels]
    assert [each["data"]["stack"] for each in found] == ["platform-sandbox", "platform-sandbox"]
    assert found[0]["data"]["fingerprint"] == found[1]["data"]["fingerprint"]
    assert found[0]["time"] == found[0]["data"]["starts"] < found[1]["time"] == found[1]["data"]["ends"]


def test_a_clusters_own_alertmanager_tells_it_beside_whom_it_calls(tmp_path: Path) -> None:
    """As ClusterAlerting configures it: an alert for nobody is recorded, and one for somebody is told all the same."""
    pager, collector = Pager(), Collector(tmp_path)
    ledger = routes.Ledger(f"{collector.address}/v1/alertmanager/platform-dev", TOKEN)
    steps = (routes.Step("on-call", webhooks=(f"{pager.url}on-call",)),)
    document = routes.configuration(
        routes.Routing(steps, routes.DeadMan(f"{pager.url}switch"), ledger=ledger, telling=QUICK)
    )
    alertmanager = Alertmanager(document, tmp_path / "alertmanager")
    try:
        critical = {"alertname": "RegistryDown", "severity": "critical", "escalation": "on-call"}
        alertmanager.fire(
            {"alertname": "Watchdog", "severity": "none"}, {"alertname": "Idle", "severity": "info"}, critical
        )
        eventually(lambda: ("RegistryDown", "firing") in pager.at("/on-call"), "on-call is told")
        eventually(
            lambda: recorded(collector) == {"platform-dev/Idle", "platform-dev/RegistryDown"}, "both are recorded"
        )
    finally:
        alertmanager.stop()
        collector.stop()
        pager.close()


def recorded(collector: Collector) -> set[str]:
    """Return what alerts a collector has entries of."""
    given = {"authorization": f"Bearer {TOKEN}"}
    with urllib3.PoolManager() as pool:
        told = pool.request("GET", f"{collector.address}/v1/entries?kind=alert", headers=given, retries=False)
    return {json.loads(line)["subject"] for line in told.data.splitlines()}
