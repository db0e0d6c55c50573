"""Log Analytics, Azure Monitor, Application Insights: kept, and simulated only."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import TENANT_ID, stable_uuid
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group


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
