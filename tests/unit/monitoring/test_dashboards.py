"""Dashboards, alerts and rules ask for nothing that nobody measures."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from asked import metrics
from monitored import groups

from components.monitoring.dashboards import dashboards
from components.monitoring.measured import MEASURED
from components.monitoring.rule import Recording
from components.monitoring.scrape import MODELS
from headgate.sandbox.dataplane.held import Held
from headgate.sandbox.dataplane.observed import Observed
from headgate.sandbox.dataplane.quality import SimulatedQuality
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.tokens import Tokens

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[3]
BOARDS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in dashboards().items()}
PANELS = [(name, panel) for name, board in BOARDS.items() for panel in board["panels"] if panel["type"] != "row"]
RULES = [rule for group in groups() for rule in group.rules]
KNOWN = {name for names in MEASURED.values() for name in names} | {
    rule.record for rule in RULES if isinstance(rule, Recording)
}


def test_the_documents_are_what_the_builders_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make docs` writes them; nobody writes in them by hand."""
    monkeypatch.setattr(sys, "path", [str(CHECKOUT / "docs"), *sys.path])
    from dashboards import FOLDER, texts

    committed = {f"{FOLDER}/{name}.json": text for name, text in dashboards().items()}
    assert texts() == committed


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (a, b) (rate(x_total{job="y",c=~"z{1,2}"}[5m])) / on (a) group_left (d) (up == 1)', {"x_total", "up"}),
        ("label:kept:rate5m * 0 or vector(0) unless absent(q)", {"label:kept:rate5m", "q"}),
        ("1 - avg_over_time(a:b[30d]) / 1e3", {"a:b"}),
    ],
)
def test_names_are_read_out_of_expressions(expression: str, names: set[str]) -> None:
    """Without functions, labels, windows and words."""
    assert metrics(expression) == names


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda each: each if isinstance(each, str) else each["title"])
def test_a_panel_asks_for_what_is_measured_or_recorded(board: str, panel: dict[str, Any]) -> None:
    """And says what it shows, in which unit, of the source that its reader has chosen."""
    asked = {name for target in panel["targets"] for name in metrics(target["expr"])}

    assert asked <= KNOWN
    assert asked
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    assert [target["refId"] for target in panel["targets"]] == list("ABC"[: len(panel["targets"])])


def test_what_can_be_chosen_is_measured_or_recorded() -> None:
    """The variables of every dashboard, and no expression names another."""
    for board in BOARDS.values():
        variables = {row["name"]: row["query"] for row in board["templating"]["list"]}
        queries = [re.fullmatch(r"label_values\((.+), \w+\)", text) for text in variables.values() if "(" in text]
        named = set(re.findall(r"\$\{?(\w+)", json.dumps(board["panels"]) + json.dumps(variables)))

        assert {name for query in queries if query for name in metrics(query[1])} <= KNOWN
        assert None not in queries
        assert named <= set(variables)


def test_every_rule_asks_for_what_is_measured_or_recorded() -> None:
    """An alert on a name that nobody measures would be silent for ever."""
    assert {name for rule in RULES for name in metrics(rule.expr)} - KNOWN == set()


def test_addresses_of_dashboards_and_panels_are_their_own() -> None:
    """A dashboard's address is kept in bookmarks; a panel's number in links to it."""
    assert {name: board["uid"] for name, board in BOARDS.items()} == {
        "capacity": "headgate-capacity",
        "gates": "headgate-gates",
        "model": "headgate-model",
        "region": "headgate-region",
    }
    for board in BOARDS.values():
        numbers = [panel["id"] for panel in board["panels"]]
        assert numbers == list(range(1, len(numbers) + 1))


def test_what_model_servers_are_said_to_measure_they_do() -> None:
    """Every name of the list is one of the data plane's, and every one of the data plane's is in the list."""

    class Nothing:
        pods: dict[str, Any] = {}  # noqa: RUF012
        by_pod: dict[str, Any] = {}  # noqa: RUF012

    nothing: Any = Nothing()
    telemetry = Telemetry("uaenorth", nothing, nothing)
    telemetry.certificate("gateway", lambda: 0.0)
    telemetry.show(SimulatedQuality("uaenorth", nothing, nothing, nothing).gauges())
    observed, tokens = Observed("uaenorth"), Tokens("uaenorth")
    telemetry.show([*observed.metrics(), *tokens.metrics()])
    served: Any = SimpleNamespace(
        version=SimpleNamespace(digest="d", version="1.0.0"), files={}, inputs=(SimpleNamespace(name="x"),)
    )
    pod: Any = SimpleNamespace(namespace="n", input_ranges={})
    observed.take(pod, served, "m", {"x": np.asarray([float("nan")])}, {})
    tokens.spend(pod, "m", "1.0.0", 1, 1)
    telemetry.answered("n", "m", "v", "rest", "200", 0.1)
    telemetry.pulled("n", "ok")
    telemetry.looked_up("n", "m", "v", True)
    page = telemetry.page()
    kinds = dict(re.findall(r"# TYPE (\S+) (\S+)", page))
    series = set(re.findall(r"^(\w+)\{", page, re.MULTILINE)) | {n for n, kind in kinds.items() if kind == "gauge"}

    assert series == MEASURED[MODELS]
    stands_in = {gauge.name for gauge in Held("uaenorth", nothing, nothing).gauges()}
    assert stands_in <= MEASURED["kube-state-metrics"] | MEASURED["dcgm"]
