"""A workspace of Azure Monitor is a running Prometheus, and whom its rules tell a running Alertmanager calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from pager import Pager

from headgate.sandbox import network
from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.counterparts.metrics_workspace import MetricsWorkspaces
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import group_id
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import monitoring as types
from headgate.sandbox.control import Control
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from tests.component.azure.conftest import eventually

pytestmark = pytest.mark.component

GROUP = group_id("rg-monitoring")
WORKSPACE = f"{GROUP}/providers/{types.WORKSPACE}/amw-test"
TOLD = f"{GROUP}/providers/{types.ACTION_GROUP}/on-call"
RULES = f"{GROUP}/providers/{types.RULE_GROUP}/rules"
QUIET = f"{GROUP}/providers/{types.PROCESSING_RULE}/quiet"


@pytest.fixture
def azure(sandbox: StateDir, control: Control, tmp_path: Path) -> Iterator[Resources]:
    """Return an Azure in this process, whose workspaces the session's supervisor runs."""
    store = Store(tmp_path / "azure")
    workspaces = MetricsWorkspaces(sandbox, control, store)
    table: dict[str, Any] = dict.fromkeys((types.WORKSPACE, *types.PARTS), workspaces)
    resources = Resources(store, Counterparts(table), scale=0.0)
    resources.operations.begin = resources.operations._run  # type: ignore[method-assign]
    resources.put(GROUP, {"location": "uaenorth"})
    yield resources
    resources.delete(GROUP)
    assert [row.name for row in control.processes("monitoring")] == []
    assert [name for name in network.read(sandbox) if "prometheus" in name] == []
    resources.operations.stop()
    store.close()


@pytest.fixture
def pager() -> Iterator[Pager]:
    """Return somebody who is called."""
    made = Pager()
    yield made
    made.close()


def put_workspace(azure: Resources) -> str:
    """Make a workspace; return the host that answers its queries."""
    azure.put(WORKSPACE, {"location": "uaenorth", "properties": {}})
    endpoint: str = azure.get(WORKSPACE)["properties"]["metrics"]["prometheusQueryEndpoint"]
    return endpoint.removeprefix("https://")


def put_rules(azure: Resources, *rules: dict[str, Any]) -> None:
    """Make the rule group, or change it."""
    properties = {"enabled": True, "interval": "PT1M", "scopes": [WORKSPACE], "rules": list(rules)}
    azure.put(RULES, {"location": "uaenorth", "properties": properties})


def alert(name: str, expression: str, severity: int) -> dict[str, Any]:
    """Return an alert that tells the on-call."""
    actions = [{"actionGroupId": TOLD}]
    return {"alert": name, "expression": expression, "severity": severity, "actions": actions, "enabled": True}


def query(state: StateDir, host: str, expression: str) -> list[str]:
    """Ask a workspace by its name, over TLS, as Azure is asked; return the values."""
    address = network.resolve(state, host, 443)
    assert address is not None
    with urllib3.HTTPSConnectionPool(
        address[0], address[1], ca_certs=str(Authority(state).ca_cert), server_hostname=host, assert_hostname=host,
        retries=False, timeout=10,
    ) as client:  # fmt: skip
        answer = client.request("GET", f"/api/v1/query?{urlencode({'query': expression})}").json()
    return [row["value"][1] for row in answer["data"]["result"]]


def test_a_workspace_measures_judges_and_tells(azure: Resources, sandbox: StateDir, pager: Pager) -> None:
    """What its rules record can be asked for by its name; an alert calls whom it names, and calls again when over.

    In quiet hours only what is critical is told.
    """
    host = put_workspace(azure)
    hooks = [{"name": "pager", "serviceUri": pager.url}]
    azure.put(TOLD, {"location": "Global", "properties": {"groupShortName": "on-call", "webhookReceivers": hooks}})
    quiet = {
        "scopes": [WORKSPACE],
        "conditions": [{"field": "Severity", "operator": "Equals", "values": ["Sev2"]}],
        "actions": [{"actionType": "RemoveAllActionGroups"}],
    }
    azure.put(QUIET, {"location": "Global", "properties": quiet})
    recording = {"record": "test:one", "expression": "vector(41) + 1", "enabled": True}
    put_rules(azure, recording, alert("Loud", "vector(1)", 0), alert("Soft", "vector(1)", 2))

    assert eventually(lambda: query(sandbox, host, "test:one")) == ["42"]
    eventually(lambda: ("Loud", "firing") in pager.calls)

    put_rules(azure, recording, alert("Loud", "vector(1) > 2", 0), alert("Soft", "vector(1)", 2))
    eventually(lambda: ("Loud", "resolved") in pager.calls, seconds=60)
    assert {name for name, _ in pager.calls} == {"Loud"}


def test_whom_it_told_before_a_change_it_tells_no_more(azure: Resources, control: Control) -> None:
    """However fast changes follow each other, one part of its Alertmanager tells people, by the last of them."""
    put_workspace(azure)
    for window in range(40):
        actions = [{"actionType": "RemoveAllActionGroups"}]
        schedule = {
            "recurrences": [{"recurrenceType": "Daily", "startTime": f"01:{window:02}:00", "endTime": "02:00:00"}]
        }
        azure.put(
            QUIET,
            {"location": "Global", "properties": {"scopes": [WORKSPACE], "actions": actions, "schedule": schedule}},
        )

    port = next(row.ports["http"] for row in control.processes("monitoring") if "http" in row.ports)
    stacks = urllib3.request("GET", f"http://127.0.0.1:{port}/debug/pprof/goroutine?debug=2", timeout=10).data.decode()

    assert stacks.count("dispatch.(*Dispatcher).run(") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rules": []}, "1 to 20 rules"),
        ({"rules": [{"record": "a:b", "expression": "up"}] * 21}, "1 to 20 rules, not 21"),
        ({"interval": "PT30S"}, "between PT1M and PT15M"),
        ({"scopes": [f"{WORKSPACE}-gone"]}, "could not be found"),
        ({"rules": [{"alert": "A", "expression": "up", "actions": [{"actionGroupId": "/x"}]}]}, "'/x' could not"),
        ({"rules": [{"expression": "up"}]}, "either 'alert' or 'record'"),
    ],
)
def test_what_azure_refuses_of_a_rule_group_is_refused(azure: Resources, change: dict[str, Any], said: str) -> None:
    """Its size, its pace, what it names."""
    put_workspace(azure)
    properties = {"scopes": [WORKSPACE], "rules": [{"record": "a:b", "expression": "up"}], **change}

    with pytest.raises(ArmError, match=said):
        azure.put(RULES, {"location": "uaenorth", "properties": properties})
