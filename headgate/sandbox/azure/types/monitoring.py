"""Log Analytics, Azure Monitor, alerts, Grafana, Application Insights.

A workspace of Azure Monitor has a real Prometheus, and what says who is told a real Alertmanager; the rest is kept.
"""

from __future__ import annotations

import re
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import TENANT_ID, stable_uuid
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

WORKSPACE = "Microsoft.Monitor/accounts"
COLLECTION_RULE = "Microsoft.Insights/dataCollectionRules"
COLLECTION_TIE = "Microsoft.Insights/dataCollectionRuleAssociations"
RULE_GROUP = "Microsoft.AlertsManagement/prometheusRuleGroups"
ACTION_GROUP = "Microsoft.Insights/actionGroups"
PROCESSING_RULE = "Microsoft.AlertsManagement/actionRules"
# What a workspace's processes are configured from, beside the workspace itself.
PARTS = (COLLECTION_RULE, COLLECTION_TIE, RULE_GROUP, ACTION_GROUP, PROCESSING_RULE)
_MOST_RULES = 20


def _workspace(body: Body, _view: View) -> dict[str, Any]:
    return {
        "customerId": stable_uuid("workspace", body["id"]),
        "createdDate": body["systemData"]["createdAt"],
        "modifiedDate": body["systemData"]["lastModifiedAt"],
        "sku": body["properties"].get("sku") or {"name": "PerGB2018"},
        "retentionInDays": body["properties"].get("retentionInDays", 30),
    }


def _retention(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    days = body["properties"].get("retentionInDays", 30)
    if days == -1 or 7 <= days <= 730:
        return None
    return bad_request("InvalidParameter", f"'RetentionInDays' property doesn't match the SKU limits: {days}.")


def _monitor(body: Body, _view: View) -> dict[str, Any]:
    host = (
        f"{body['name'].lower()}-{stable_uuid('amw', body['id'])[:4]}.{body['location']}.prometheus.monitor.azure.com"
    )
    return {
        "accountId": stable_uuid("account", body["id"]),
        "metrics": {
            "internalId": f"mac_{stable_uuid('mac', body['id'])}",
            "prometheusQueryEndpoint": f"https://{host}",
        },
        "defaultIngestionSettings": {},
        "privateEndpointConnections": [],
    }


def _component(body: Body, _view: View) -> dict[str, Any]:
    instrument = stable_uuid("ikey", body["id"])
    app = stable_uuid("appid", body["id"])
    ingest = f"https://{body['location']}-0.in.applicationinsights.azure.com/"
    return {
        "appId": app,
        "applicationId": body["name"],
        "instrumentationKey": instrument,
        "connectionString": f"InstrumentationKey={instrument};IngestionEndpoint={ingest};ApplicationId={app}",
        "tenantId": TENANT_ID,
        "creationDate": body["systemData"]["createdAt"],
        "laMigrationDate": body["systemData"]["createdAt"],
        "hockeyAppToken": "",
        "privateLinkScopedResources": [],
    }


def _collection(body: Body, _view: View) -> dict[str, Any]:
    return {"immutableId": f"dcr-{stable_uuid('dcr', body['id']).replace('-', '')}"}


def _rules_fit(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse what Azure refuses of a rule group: its size, its pace, a workspace or action group that is not there."""
    properties = body["properties"]
    rules = properties.get("rules") or []
    if not 1 <= len(rules) <= _MOST_RULES:
        return bad_request("BadRequest", f"A rule group has 1 to {_MOST_RULES} rules, not {len(rules)}.", "rules")
    minutes = re.fullmatch(r"PT(\d+)M", properties.get("interval", "PT1M"))
    if minutes is None or not 1 <= int(minutes[1]) <= 15:
        return bad_request("BadRequest", "The interval must be between PT1M and PT15M.", "interval")
    if len(properties.get("scopes") or []) != 1:
        return bad_request("BadRequest", "A rule group has one workspace as its scope.", "scopes")
    named = [action["actionGroupId"] for rule in rules for action in rule.get("actions") or []]
    for target in (*properties["scopes"], *named):
        if not view.get(target):
            return bad_request("ResourceNotFound", f"The resource '{target}' could not be found.", "scopes")
    return _one_kind(rules)


def _one_kind(rules: list[Body]) -> ArmError | None:
    """Refuse a rule that is neither an alert nor a recording, or both."""
    for rule in rules:
        if ("alert" in rule) == ("record" in rule):
            return bad_request("BadRequest", "A rule has either 'alert' or 'record'.", "rules")
    return None


def _short_name(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a short name that text messages have no room for."""
    short = body["properties"].get("groupShortName", "")
    if 1 <= len(short) <= 12:
        return None
    return bad_request("BadRequest", f"'groupShortName' has 1 to 12 characters, not {len(short)}.", "groupShortName")


TYPES = (
    TypeSpec(
        "operationalinsights:Workspace",
        in_group("Microsoft.OperationalInsights/workspaces/{workspaceName}"),
        NameRule(r"[a-zA-Z0-9][-a-zA-Z0-9]{2,61}[a-zA-Z0-9]", "4-63 letters, digits and '-', not at the ends"),
        replaces=("location",),
        seconds=15,
        outputs=_workspace,
        rules=(_retention,),
        in_properties=("sku",),
    ),
    TypeSpec(
        "monitor:AzureMonitorWorkspace",
        in_group("Microsoft.Monitor/accounts/{azureMonitorWorkspaceName}"),
        NameRule(r"[a-zA-Z0-9][-a-zA-Z0-9]{2,61}[a-zA-Z0-9]", "4-63 letters, digits and '-', not at the ends"),
        replaces=("location",),
        seconds=10,
        outputs=_monitor,
    ),
    TypeSpec(
        "monitor:ActionGroup",
        in_group("Microsoft.Insights/actionGroups/{actionGroupName}"),
        location=LocationKind.EITHER,
        replaces=("location",),
        seconds=2,
        rules=(_short_name,),
        has_state=False,
    ),
    TypeSpec(
        "monitor:MetricAlert",
        in_group("Microsoft.Insights/metricAlerts/{ruleName}"),
        location=LocationKind.EITHER,
        seconds=2,
        has_state=False,
    ),
    TypeSpec(
        "monitor:DataCollectionEndpoint",
        in_group("Microsoft.Insights/dataCollectionEndpoints/{dataCollectionEndpointName}"),
        replaces=("location",),
        seconds=4,
    ),
    TypeSpec(
        "monitor:DataCollectionRule",
        in_group("Microsoft.Insights/dataCollectionRules/{dataCollectionRuleName}"),
        replaces=("location",),
        seconds=4,
        outputs=_collection,
    ),
    TypeSpec(
        "monitor:DataCollectionRuleAssociation",
        "/{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}",
        location=LocationKind.NONE,
    ),
    TypeSpec(
        "alertsmanagement:PrometheusRuleGroup",
        in_group("Microsoft.AlertsManagement/prometheusRuleGroups/{ruleGroupName}"),
        replaces=("location",),
        seconds=2,
        rules=(_rules_fit,),
        has_state=False,
    ),
    TypeSpec(
        "alertsmanagement:AlertProcessingRuleByName",
        in_group("Microsoft.AlertsManagement/actionRules/{alertProcessingRuleName}"),
        location=LocationKind.EITHER,
        replaces=("location",),
        seconds=2,
        has_state=False,
    ),
    TypeSpec(
        "dashboard:Grafana",
        in_group("Microsoft.Dashboard/grafana/{workspaceName}"),
        NameRule(r"[a-zA-Z][-a-zA-Z0-9]{0,21}[a-zA-Z0-9]", "2-23 letters, digits and '-', starting with a letter"),
        replaces=("location",),
        seconds=60,
        outputs=lambda body, _view: {"endpoint": f"https://{body['name']}.{body['location']}.grafana.azure.com"},
    ),
    TypeSpec(
        "applicationinsights:Component",
        in_group("Microsoft.Insights/components/{resourceName}"),
        replaces=("location",),
        seconds=5,
        outputs=_component,
        secret_outputs=("connectionString", "instrumentationKey"),
    ),
)
