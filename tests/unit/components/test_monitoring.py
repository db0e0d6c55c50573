"""MonitoringStack and ModelMonitoring: what is measured, what is judged, and who is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from monitored import REFUNDS, RUNBOOKS, groups

from components.catalog import ClusterMonitoring, ModelMonitoring, MonitoringStack, ServiceObjectives
from components.contract.monitoring import EscalationStep
from components.monitoring.scrape import scrape_configs

pytestmark = pytest.mark.unit

STEPS: list[EscalationStep] = [
    {"name": "on-call", "after_minutes": 0, "emails": ["on-call@example.com"]},
    {"name": "lead", "after_minutes": 15, "emails": ["lead@example.com"]},
]
ALERTS = [alert for group in groups() for alert in group.alerts]
AZURE = "/subscriptions/00000000-0000-4000-8000-000000000000"
WORKSPACE = f"{AZURE}/m-workspace"


def stack(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one stack over one cluster."""

    def program() -> dict[str, Any]:
        args: Any = {
            "organisation": "hg",
            "ownership": ownership,
            "resource_group": "rg",
            "region": "uaenorth",
            "clusters": [{"name": "uaenorth", "cluster_id": "/north"}],
            "workspace_id": "/logs",
            "escalation": STEPS,
            "runbooks": RUNBOOKS,
            **more,
        }
        made = MonitoringStack("m", args)
        return {
            "workspace": made.metrics_workspace_id,
            "query": made.query_endpoint,
            "alerts_group": made.alerts_group,
            "action_groups": made.action_groups,
        }

    return program


def test_defaults_are_one_workspace_with_all_that_judges_it(record: Any, ownership: dict[str, str]) -> None:
    """Every child, by name and type; what it tells others."""
    recording = record(stack(ownership))
    groups = ("availability", "saturation", "gate", "certificates", "registry", "ledger", "watchdog", "models-rules")

    assert recording.children() == {
        "m-workspace": "azure-native:monitor:AzureMonitorWorkspace",
        "m-workspace-lock": "azure-native:authorization:ManagementLockByScope",
        "m-uaenorth-endpoint": "azure-native:monitor:DataCollectionEndpoint",
        "m-collection": "azure-native:monitor:DataCollectionRule",
        "m-uaenorth-metrics": "azure-native:monitor:DataCollectionRuleAssociation",
        "m-uaenorth-endpoint-tie": "azure-native:monitor:DataCollectionRuleAssociation",
        "m-on-call-group": "azure-native:monitor:ActionGroup",
        "m-lead-group": "azure-native:monitor:ActionGroup",
        **{f"m-headgate-{name}": "azure-native:alertsmanagement:PrometheusRuleGroup" for name in groups},
        # One region has nowhere to fail over to: there is no alert on it, and Azure takes no group without rules.
        "m-dead-man": "azure-native:monitor:MetricAlert",
        "m-grafana": "azure-native:dashboard:Grafana",
        "m-grafana-reads": "azure-native:authorization:RoleAssignment",
        "m-grafana-reaches": "azure-native:dashboard:ManagedPrivateEndpoint",
        "m-grafana-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "m-traces": "azure-native:applicationinsights:Component",
        "m-scope": "azure-native:monitor:PrivateLinkScope",
        "m-logs-scoped": "azure-native:monitor:PrivateLinkScopedResource",
        "m-traces-scoped": "azure-native:monitor:PrivateLinkScopedResource",
        "m-collection-uaenorth-scoped": "azure-native:monitor:PrivateLinkScopedResource",
        "m-alerts-group": "azure-native:resources:ResourceGroup",
    }
    assert recording.outputs == {
        "workspace": WORKSPACE,
        "query": "https://amw.uaenorth.prometheus.monitor.azure.com",
        "alerts_group": "rg-headgate-prod-alerts",
        "action_groups": {"on-call": f"{AZURE}/m-on-call-group", "lead": f"{AZURE}/m-lead-group"},
    }


def test_hardened_means_private_and_by_identity_alone(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """Workspace, endpoint, Grafana and traces take nobody from outside, and know no keys."""
    recording = record(stack(ownership))
    workspace = recording.one("azure-native:monitor:AzureMonitorWorkspace")
    placed = {"resourceGroupName": "rg", "location": "uaenorth", "tags": tags}

    assert workspace.protect
    assert workspace.inputs == {
        **placed,
        "azureMonitorWorkspaceName": "amw-headgate-prod",
        "publicNetworkAccess": "Disabled",
    }
    assert recording.one("azure-native:monitor:DataCollectionEndpoint").inputs == {
        **placed,
        "dataCollectionEndpointName": "dce-headgate-prod-uaenorth",
        "kind": "Linux",
        "networkAcls": {"publicNetworkAccess": "Disabled"},
    }
    assert recording.one("azure-native:dashboard:Grafana").inputs == {
        **placed,
        "workspaceName": "graf-hg-prod",
        "sku": {"name": "Standard"},
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "apiKey": "Disabled",
            "publicNetworkAccess": "Disabled",
            "deterministicOutboundIP": "Enabled",
            "zoneRedundancy": "Enabled",
            "grafanaIntegrations": {
                "azureMonitorWorkspaceIntegrations": [{"azureMonitorWorkspaceResourceId": WORKSPACE}]
            },
        },
    }
    assert recording.one("azure-native:applicationinsights:Component").inputs == {
        **placed,
        "resourceName": "appi-headgate-prod",
        "kind": "web",
        "applicationType": "web",
        "ingestionMode": "LogAnalytics",
        "workspaceResourceId": "/logs",
        "disableLocalAuth": True,
        "publicNetworkAccessForIngestion": "Disabled",
        "publicNetworkAccessForQuery": "Disabled",
        "requestSource": "rest",
        "flowType": "Bluefield",
    }


def test_networks_write_and_ask_through_one_scope_and_reach_nothing_else(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """Logs, traces and what collects in each region are in it; where it leads, an address and five zones say."""
    zones = [f"privatelink.{name}" for name in (
        "monitor.azure.com", "oms.opinsights.azure.com", "ods.opinsights.azure.com",
        "agentsvc.azure-automation.net", "blob.core.windows.net",
    )]  # fmt: skip
    network = {"region": "uaecentral", "resource_group": "rg-central", "subnet_id": "/central/endpoints"}
    access = [{**network, "zones": {zone: f"/zone/{zone}" for zone in zones}}]
    clusters = [{"name": "uaenorth", "cluster_id": "/north"}, {"name": "uaecentral", "cluster_id": "/central"}]
    recording = record(stack(ownership, clusters=clusters, guarding={"private_access": access}))
    name = "pep-ampls-headgate-prod-azuremonitor-uaecentral"

    assert recording.one("azure-native:monitor:PrivateLinkScope").inputs == {
        "scopeName": "ampls-headgate-prod",
        "resourceGroupName": "rg",
        "location": "Global",
        "accessModeSettings": {"ingestionAccessMode": "PrivateOnly", "queryAccessMode": "PrivateOnly"},
        "tags": tags,
    }
    assert {
        each.inputs["name"]: each.inputs["linkedResourceId"]
        for each in recording.resources
        if each.type == "azure-native:monitor:PrivateLinkScopedResource"
    } == {
        "logs": "/logs",
        "traces": f"{AZURE}/m-traces",
        "collection-uaenorth": f"{AZURE}/m-uaenorth-endpoint",
        "collection-uaecentral": f"{AZURE}/m-uaecentral-endpoint",
    }
    assert recording.one("azure-native:monitor:PrivateLinkScopedResource", "m-logs-scoped").inputs == {
        "name": "logs",
        "scopeName": "ampls-headgate-prod",
        "resourceGroupName": "rg",
        "kind": "Resource",
        "linkedResourceId": "/logs",
    }
    assert recording.one("azure-native:network:PrivateEndpoint", "m-scope-uaecentral-azuremonitor-endpoint").inputs == {
        "privateEndpointName": name,
        "customNetworkInterfaceName": f"{name}-nic",
        "resourceGroupName": "rg-central",
        "location": "uaecentral",
        "subnet": {"id": "/central/endpoints"},
        "privateLinkServiceConnections": [
            {"name": name, "privateLinkServiceId": f"{AZURE}/m-scope", "groupIds": ["azuremonitor"]}
        ],
        "tags": tags,
    }
    records = recording.one("azure-native:network:PrivateDnsZoneGroup", "m-scope-uaecentral-azuremonitor-records")
    assert records.inputs["privateDnsZoneConfigs"] == [
        {"name": zone.replace(".", "-"), "privateDnsZoneId": f"/zone/{zone}"} for zone in zones
    ]


def test_grafana_asks_for_a_way_of_its_own(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """It is in nobody's network: without it a workspace that is private has no dashboards."""
    assert record(stack(ownership)).one("azure-native:dashboard:ManagedPrivateEndpoint").inputs == {
        "managedPrivateEndpointName": "measurements",
        "workspaceName": "graf-hg-prod",
        "resourceGroupName": "rg",
        "location": "uaenorth",
        "privateLinkResourceId": WORKSPACE,
        "privateLinkResourceRegion": "uaenorth",
        "groupIds": ["prometheusMetrics"],
        "requestMessage": "Headgate: Grafana reads the measurements of this workspace.",
        "tags": tags,
    }


def test_measurements_flow_from_each_cluster_to_the_workspace(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """One rule in the workspace's region, an endpoint in each region, two ties for each cluster."""
    clusters = [{"name": "uaenorth", "cluster_id": "/north"}, {"name": "uaecentral", "cluster_id": "/central"}]
    recording = record(stack(ownership, clusters=clusters))

    assert recording.one("azure-native:monitor:DataCollectionRule").inputs == {
        "dataCollectionRuleName": "dcr-headgate-prod-uaenorth",
        "resourceGroupName": "rg",
        "location": "uaenorth",
        "kind": "Linux",
        "dataCollectionEndpointId": f"{AZURE}/m-uaenorth-endpoint",
        "dataSources": {"prometheusForwarder": [{"name": "prometheus", "streams": ["Microsoft-PrometheusMetrics"]}]},
        "destinations": {"monitoringAccounts": [{"name": "workspace", "accountResourceId": WORKSPACE}]},
        "dataFlows": [{"streams": ["Microsoft-PrometheusMetrics"], "destinations": ["workspace"]}],
        "tags": tags,
    }
    ties = [
        (each.inputs["resourceUri"], each.inputs["associationName"])
        for each in recording.resources
        if each.type.endswith("DataCollectionRuleAssociation")
    ]
    assert sorted(ties) == [
        ("/central", "configurationAccessEndpoint"),
        ("/central", "headgate-metrics"),
        ("/north", "configurationAccessEndpoint"),
        ("/north", "headgate-metrics"),
    ]


def test_max_tells_people_in_every_way(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Mail, text message, webhook and ticket; quiet hours; two regions that serve at once; nothing protected."""
    loud: EscalationStep = {
        "name": "service-reliability",
        "after_minutes": 30,
        "emails": ["a@example.com"],
        "phones": [{"country_code": "971", "number": "500000000"}],
        "webhooks": ["https://pager.example.com/x"],
        "tickets": {"workspace_id": "s|w", "connection_id": "c", "region": "uaenorth", "ticket": "{}"},
    }
    recording = record(
        stack(
            ownership,
            clusters=[{"name": "uaenorth", "cluster_id": "/north"}, {"name": "uaecentral", "cluster_id": "/central"}],
            escalation=[*STEPS, loud],
            quiet_hours={"start": "20:00", "end": "06:00", "time_zone": "Asia/Dubai"},
            protect=False,
            guarding={"lock": False},
        )
    )

    assert recording.one("azure-native:monitor:ActionGroup", "m-service-reliability-group").inputs == {
        "actionGroupName": "ag-headgate-prod-service-reliability",
        "resourceGroupName": "rg",
        "location": "Global",
        "groupShortName": "service-reli",
        "enabled": True,
        "emailReceivers": [{"name": "a@example.com", "emailAddress": "a@example.com", "useCommonAlertSchema": True}],
        "smsReceivers": [{"name": "phone-1", "countryCode": "971", "phoneNumber": "500000000"}],
        "webhookReceivers": [
            {"name": "webhook-1", "serviceUri": "https://pager.example.com/x", "useCommonAlertSchema": True}
        ],
        "itsmReceivers": [
            {
                "name": "tickets",
                "workspaceId": "s|w",
                "connectionId": "c",
                "region": "uaenorth",
                "ticketConfiguration": "{}",
            }
        ],
        "tags": tags,
    }
    assert recording.one("azure-native:alertsmanagement:AlertProcessingRuleByName").inputs == {
        "alertProcessingRuleName": "headgate-quiet-hours",
        "resourceGroupName": "rg",
        "location": "Global",
        "properties": {
            "description": "Only critical alerts are told at these hours.",
            "enabled": True,
            "scopes": [WORKSPACE],
            "conditions": [{"field": "Severity", "operator": "Equals", "values": ["Sev2", "Sev3", "Sev4"]}],
            "actions": [{"actionType": "RemoveAllActionGroups"}],
            "schedule": {
                "timeZone": "Arabian Standard Time",
                "recurrences": [{"recurrenceType": "Daily", "startTime": "20:00:00", "endTime": "06:00:00"}],
            },
        },
        "tags": tags,
    }
    failover = recording.one("azure-native:alertsmanagement:PrometheusRuleGroup", "m-headgate-failover")
    assert [rule["labels"]["region"] for rule in failover.inputs["rules"]] == ["uaenorth", "uaecentral"]
    assert not any(each.protect or each.type.endswith("ManagementLockByScope") for each in recording.resources)


def test_a_rule_is_what_azure_takes(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Severity as a number, durations in ISO 8601, those who are told by resource; each step has its own."""
    group = record(stack(ownership)).one("azure-native:alertsmanagement:PrometheusRuleGroup", "m-headgate-availability")
    down, later, pods = group.inputs["rules"]

    assert {key: value for key, value in group.inputs.items() if key != "rules"} == {
        "ruleGroupName": "headgate-availability",
        "resourceGroupName": "rg",
        "location": "uaenorth",
        "scopes": [WORKSPACE],
        "interval": "PT1M",
        "enabled": True,
        "tags": tags,
    }
    assert down == {
        "alert": "RegionNotServing",
        "expression": 'absent(up{job="models",region="uaenorth"} == 1)',
        "for": "PT2M",
        "labels": {
            "severity": "critical",
            "owner": "ml-platform",
            "region": "uaenorth",
            "escalation": "on-call",
        },
        "annotations": {
            "summary": "Region uaenorth serves no models",
            "description": "No model server of uaenorth has been heard of for 2m.",
            "runbook_url": f"{RUNBOOKS}/region-not-serving.md",
        },
        "severity": 0,
        "enabled": True,
        "resolveConfiguration": {"autoResolved": True, "timeToResolve": "PT5M"},
        "actions": [{"actionGroupId": f"{AZURE}/m-on-call-group"}],
    }
    assert (later["alert"], later["for"], later["actions"]) == (
        "RegionNotServingStep2",
        "PT17M",
        [{"actionGroupId": f"{AZURE}/m-lead-group"}],
    )
    assert (pods["alert"], pods["severity"], pods["actions"]) == ("ModelPodsNotReady", 2, down["actions"])


def test_silence_is_told_by_azures_own_measurements(record: Any, ownership: dict[str, str]) -> None:
    """Our rules would be silent too when nothing is measured; the Watchdog tells nobody."""
    recording = record(stack(ownership))
    dead_man = recording.one("azure-native:monitor:MetricAlert").inputs
    watchdog = recording.one("azure-native:alertsmanagement:PrometheusRuleGroup", "m-headgate-watchdog")

    assert (dead_man["scopes"], dead_man["severity"], dead_man["actions"]) == (
        [WORKSPACE],
        0,
        [{"actionGroupId": f"{AZURE}/m-on-call-group"}, {"actionGroupId": f"{AZURE}/m-lead-group"}],
    )
    assert dead_man["criteria"]["allOf"] == [
        {
            "criterionType": "StaticThresholdCriterion",
            "name": "nothing-measured",
            "metricNamespace": "Microsoft.Monitor/accounts",
            "metricName": "EventsPerMinuteIngested",
            "operator": "LessThan",
            "threshold": 1,
            "timeAggregation": "Maximum",
        }
    ]
    assert [rule["actions"] for rule in watchdog.inputs["rules"]] == [[]]


def test_without_dashboards_there_is_no_grafana(record: Any, ownership: dict[str, str]) -> None:
    """Nor its identity's right."""
    recording = record(stack(ownership, dashboards=False))

    assert [name for name in recording.children() if "grafana" in name] == []


def watched(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one model's monitoring."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud", "owner": "fraud-models"},
            "resource_group": "rg-headgate-prod-alerts",
            "region": "uaenorth",
            "metrics_workspace_id": "/metrics",
            "namespace": "team-fraud",
            "model": "fraud-score",
            "availability_percent": 99.9,
            "latency_objective_ms": 100,
            "action_groups": {"on-call": "/on-call", "lead": "/lead"},
            "escalation": [{"name": "on-call", "after_minutes": 0}, {"name": "lead", "after_minutes": 15}],
            "runbooks": RUNBOOKS,
            **more,
        }
        return {"objectives": ModelMonitoring("o", args).objectives}

    return program


def test_a_models_promises_are_two_groups_of_rules_and_how_right_it_is_two(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """In the teams' resource group, by the platform's measurements, telling whom the platform says."""
    recording = record(watched(ownership))
    group = recording.one(
        "azure-native:alertsmanagement:PrometheusRuleGroup", "o-slo-fraud-fraud-score-availability"
    ).inputs

    assert recording.outputs == {"objectives": ["fraud-fraud-score-availability", "fraud-fraud-score-latency"]}
    assert set(recording.children().values()) == {"azure-native:alertsmanagement:PrometheusRuleGroup"}
    assert len(recording.children()) == 4
    assert (group["scopes"], group["resourceGroupName"], group["tags"]) == (
        ["/metrics"],
        "rg-headgate-prod-alerts",
        {**tags, "team": "fraud", "owner": "fraud-models"},
    )
    assert [
        (rule["alert"], rule.get("for"), rule["severity"], rule["actions"])
        for rule in group["rules"]
        if "alert" in rule
    ] == [
        ("ErrorBudgetBurn1h", None, 0, [{"actionGroupId": "/on-call"}]),
        ("ErrorBudgetBurn1hStep2", "PT15M", 0, [{"actionGroupId": "/lead"}]),
        ("ErrorBudgetBurn6h", None, 0, [{"actionGroupId": "/on-call"}]),
        ("ErrorBudgetBurn6hStep2", "PT15M", 0, [{"actionGroupId": "/lead"}]),
        ("ErrorBudgetBurn1d", None, 2, [{"actionGroupId": "/on-call"}]),
        ("ErrorBudgetBurn3d", None, 2, [{"actionGroupId": "/on-call"}]),
    ]


def test_how_right_a_model_is_is_watched_by_six_alerts(record: Any, ownership: dict[str, str]) -> None:
    """Each has its kind, tells the first step, and wakes nobody; what has no labels has none of them."""
    recording = record(watched(ownership))
    group = recording.one("azure-native:alertsmanagement:PrometheusRuleGroup", "o-quality-fraud-fraud-score").inputs
    without = record(watched(ownership, quality=False)).children()

    assert without.keys() == recording.children().keys() - {
        "o-quality-fraud-fraud-score",
        "o-inputs-fraud-fraud-score",
    }
    assert [(rule["alert"], rule["labels"]["kind"]) for rule in group["rules"]] == [
        ("ModelFeatureDrift", "drift"),
        ("ModelPredictionDrift", "drift"),
        ("ModelFeatureDriftKS", "drift"),
        ("ModelPredictionDriftKS", "drift"),
        ("ModelAccuracyLow", "accuracy"),
        ("ModelUnfair", "fairness"),
    ]
    first = group["rules"][0]
    assert first["expression"] == (
        'max by (region, version, feature) (headgate_model_feature_drift_psi{namespace="team-fraud",'
        'model="fraud-score"}) > 0.2'
    )
    assert (first["for"], first["severity"], first["actions"]) == ("PT2M", 2, [{"actionGroupId": "/on-call"}])
    assert first["labels"].items() >= {"team": "fraud", "model": "fraud-score", "owner": "fraud-models"}.items()


def test_a_teams_own_objectives_are_a_group_of_rules_each(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """OpenSLO in, rules out, in the teams' resource group, telling whom the platform says."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud", "owner": "fraud-models"},
            "resource_group": "rg-headgate-prod-alerts",
            "region": "uaenorth",
            "metrics_workspace_id": "/metrics",
            "documents": [REFUNDS],
            "action_groups": {"on-call": "/on-call", "lead": "/lead"},
            "escalation": [{"name": "on-call", "after_minutes": 0}, {"name": "lead", "after_minutes": 15}],
            "runbooks": RUNBOOKS,
        }
        return {"objectives": ServiceObjectives("s", args).objectives}

    recording = record(program)
    group = recording.one("azure-native:alertsmanagement:PrometheusRuleGroup", "s-slo-fraud-refunds").inputs
    first, *_ = [rule for rule in group["rules"] if "alert" in rule]

    assert recording.outputs == {"objectives": ["fraud-refunds"]}
    assert recording.children() == {"s-slo-fraud-refunds": "azure-native:alertsmanagement:PrometheusRuleGroup"}
    assert (group["scopes"], group["resourceGroupName"], group["tags"]) == (
        ["/metrics"],
        "rg-headgate-prod-alerts",
        {**tags, "team": "fraud", "owner": "fraud-models"},
    )
    assert (first["alert"], first["labels"]["slo"], first["labels"]["owner"], first["actions"]) == (
        "ErrorBudgetBurn1h",
        "fraud-refunds",
        "fraud-models",
        [{"actionGroupId": "/on-call"}],
    )
    assert first["annotations"]["runbook_url"] == f"{RUNBOOKS}/objective-burns.md"
    assert group["rules"][0] == {
        "record": "slo:error_budget:ratio",
        "expression": "vector(0.01)",
        "labels": {"slo": "fraud-refunds", "service": "refunds"},
        "enabled": True,
    }


def test_a_clusters_collector_scrapes_models_and_gate(record: Any, ownership: dict[str, str]) -> None:
    """By their pods; each series says in which region and cluster it was measured. The add-on knows the map by name."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, "cluster": "aks-prod-uaenorth", "region": "uaenorth"}
        return {"configuration": ClusterMonitoring("c", args).configuration}

    recording = record(program)
    made = recording.one("kubernetes:core/v1:ConfigMap", "c-collector").inputs
    jobs = json.loads(made["data"]["prometheus-config"])["scrape_configs"]

    assert (made["metadata"]["name"], made["metadata"]["namespace"]) == (
        "ama-metrics-prometheus-config",
        "kube-system",
    )
    assert recording.outputs == {"configuration": "ama-metrics-prometheus-config"}
    assert [job["job_name"] for job in jobs] == ["models", "gate"]
    for job in jobs:
        added = {rule["target_label"]: rule["replacement"] for rule in job["relabel_configs"] if "replacement" in rule}
        assert added == {"cluster": "aks-prod-uaenorth", "region": "uaenorth"}


def test_alerts_rely_on_no_job_that_nothing_scrapes() -> None:
    """Where a measurement is missing an alert that counts on it would never end: only the collector's jobs may be."""
    demanded = {job for alert in ALERTS for job in re.findall(r'absent\(up\{job="(\w+)"', alert.expr)}

    assert demanded == {job["job_name"] for job in scrape_configs("c", "r")}


def test_a_team_says_from_when_on_it_is_told(record: Any, ownership: dict[str, str]) -> None:
    """Its thresholds stand in the expressions; budget, tokens and indicators have rules where they are asked for."""
    indicator = {"name": "approved", "metric": "approved_ratio", "description": "share", "below": 0.9, "minutes": 5}
    program = watched(
        ownership,
        thresholds={"drift_ks": 0.35, "missing_ratio": 0.5},
        indicators=[indicator],
        monthly_budget=400.0,
        tokens_per_month=1000,
    )
    recording = record(program)
    kind = "azure-native:alertsmanagement:PrometheusRuleGroup"

    def rules(name: str) -> dict[str, dict[str, Any]]:
        group = recording.one(kind, f"o-{name}-fraud-fraud-score").inputs
        return {rule.get("alert", rule.get("record")): rule for rule in group["rules"]}

    assert rules("quality")["ModelFeatureDriftKS"]["expression"].endswith(" > 0.35")
    assert rules("quality")["ModelFeatureDrift"]["expression"].endswith(" > 0.2")
    assert rules("inputs")["ModelInputMissing"]["expression"].endswith(" > 0.5")
    told = rules("business")["BusinessIndicatorOff"]
    assert told["expression"] == 'avg by (region) (approved_ratio{namespace="team-fraud"}) < 0.9'
    assert told["for"] == "PT5M"
    assert told["labels"] == {
        "severity": "warning",
        "owner": "fraud-models",
        "team": "fraud",
        "model": "fraud-score",
        "kind": "kpi",
        "indicator": "approved",
    }
    assert rules("spending")["ModelSpendHigh"]["expression"].endswith(" > 400")
    assert " / 1000 > 0.8" in rules("tokens")["LanguageModelTokensHigh"]["expression"]


def test_a_teams_budget_is_watched_beside_its_objectives(record: Any, ownership: dict[str, str]) -> None:
    """Over all that runs in its namespace."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud", "owner": "fraud-models"},
            "resource_group": "rg-headgate-prod-alerts",
            "region": "uaenorth",
            "metrics_workspace_id": "/metrics",
            "documents": [],
            "namespace": "team-fraud",
            "monthly_budget": 9000.0,
            "action_groups": {"on-call": "/on-call"},
            "escalation": [{"name": "on-call", "after_minutes": 0}],
            "runbooks": RUNBOOKS,
        }
        return {"objectives": ServiceObjectives("s", args).objectives}

    recording = record(program)
    (group,) = recording.children()
    alert = recording.one("azure-native:alertsmanagement:PrometheusRuleGroup", group).inputs["rules"][1]

    assert group == "s-spending-fraud"
    assert (alert["alert"], alert["labels"]["owner"]) == ("TeamSpendHigh", "fraud-models")
    assert alert["expression"].endswith(" > 9000")
