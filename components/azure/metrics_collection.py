"""How a cluster's measurements reach the workspace: endpoints, one rule, and each cluster's ties to them."""

from pulumi_azure_native import monitor

from components import names
from components.azure.guard import Guard
from components.contract.monitoring import MonitoringStackArgs

_STREAM = "Microsoft-PrometheusMetrics"
_DESTINATION = "workspace"
# The one name by which Azure finds the endpoint that a cluster fetches its configuration from.
_ENDPOINT_TIE = "configurationAccessEndpoint"


def collect(
    name: str, args: MonitoringStackArgs, workspace: monitor.AzureMonitorWorkspace, guard: Guard
) -> tuple[monitor.DataCollectionRule, dict[str, monitor.DataCollectionEndpoint]]:
    """Make them, with an endpoint in each region, since a cluster may use only one of its own; return both."""
    regions = dict.fromkeys([args["region"], *(cluster["name"] for cluster in args["clusters"])])
    endpoints = {region: _endpoint(name, args, region, guard) for region in regions}
    rule = _rule(name, args, workspace, endpoints[args["region"]], guard)
    for cluster in args["clusters"]:
        shared = {"resource_uri": cluster["cluster_id"], "opts": guard.options()}
        monitor.DataCollectionRuleAssociation(
            f"{name}-{cluster['name']}-metrics",
            association_name="headgate-metrics",
            data_collection_rule_id=rule.id,
            description="What sends the cluster's measurements to the workspace; without it no alert sees the cluster.",
            **shared,
        )
        monitor.DataCollectionRuleAssociation(
            f"{name}-{cluster['name']}-endpoint-tie",
            association_name=_ENDPOINT_TIE,
            data_collection_endpoint_id=endpoints[cluster["name"]].id,
            **shared,
        )
    return rule, endpoints


def _endpoint(name: str, args: MonitoringStackArgs, region: str, guard: Guard) -> monitor.DataCollectionEndpoint:
    """Make a region's endpoint; it is reached through private links alone."""
    return monitor.DataCollectionEndpoint(
        f"{name}-{region}-endpoint",
        data_collection_endpoint_name=names.collection("dce", args["ownership"]["environment"], region),
        resource_group_name=args["resource_group"],
        location=region,
        kind="Linux",
        network_acls={"public_network_access": "Disabled"},
        tags=guard.tags,
        opts=guard.options(),
    )


def _rule(
    name: str,
    args: MonitoringStackArgs,
    workspace: monitor.AzureMonitorWorkspace,
    endpoint: monitor.DataCollectionEndpoint,
    guard: Guard,
) -> monitor.DataCollectionRule:
    """Make the rule: everything that Prometheus scrapes goes to the workspace."""
    return monitor.DataCollectionRule(
        f"{name}-collection",
        data_collection_rule_name=names.collection("dcr", args["ownership"]["environment"], args["region"]),
        resource_group_name=args["resource_group"],
        location=args["region"],
        kind="Linux",
        data_collection_endpoint_id=endpoint.id,
        data_sources={"prometheus_forwarder": [{"name": "prometheus", "streams": [_STREAM]}]},
        destinations={"monitoring_accounts": [{"name": _DESTINATION, "account_resource_id": workspace.id}]},
        data_flows=[{"streams": [_STREAM], "destinations": [_DESTINATION]}],
        tags=guard.tags,
        opts=guard.options(),
    )
