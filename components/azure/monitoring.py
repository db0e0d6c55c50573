"""MonitoringStack on Azure: managed Prometheus and its rules, those who are told, managed Grafana, and traces.

Does not own what a team promises of its models: ModelMonitoring does. Both rely on `components.monitoring` for what
is watched. Log workspace and clusters are given.
"""

from typing import Optional

import pulumi
from pulumi_azure_native import applicationinsights, dashboard, monitor, resources

from components import names
from components.azure.grants import MONITORING_DATA_READER, grant
from components.azure.guard import Guard
from components.azure.metrics_collection import collect
from components.azure.monitor_scope import monitor_scope
from components.azure.notification import action_groups, dead_man, quiet_hours
from components.azure.private_access import Service
from components.azure.prometheus_rules import MOST_RULES, rule_group
from components.contract.monitoring import MonitoringStackArgs
from components.monitoring.alerts import platform_alerts
from components.monitoring.rule import escalated, fitting
from components.monitoring.rules import platform_rules
from components.monitoring.scope import Scope


class MonitoringStack(pulumi.ComponentResource):
    """What a platform measures, what is judged by it, and who is told."""

    metrics_workspace_id: pulumi.Output[str]
    """Where measurements are kept."""
    query_endpoint: pulumi.Output[str]
    """Address of their Prometheus API."""
    alerts_group: pulumi.Output[str]
    """Resource group of the teams' alerts."""
    action_groups: pulumi.Output[dict[str, str]]
    """Who is told, by the name of the escalation step."""

    def __init__(
        self,
        name: str,
        args: MonitoringStackArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:MonitoringStack", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = guard = Guard(self, name, args)
        self._environment = guard.environment

        workspace = self._workspace()
        rule, endpoints = collect(name, args, workspace, guard)
        told = action_groups(name, args, guard)
        self._rules(workspace, told)
        if "quiet_hours" in args:
            quiet_hours(name, args, args["quiet_hours"], workspace.id, guard)
        dead_man(name, args, workspace, told, guard)
        reached = (Service.METRICS, names.metrics_workspace(guard.environment))
        guard.attend(
            "workspace",
            workspace,
            reached_as=reached,
            reached_in=args["region"],
            granted=True,
            locked=True,
            after=[rule],
        )
        if args.get("dashboards", True):
            self._dashboards(workspace)
        self._scope(self._traces(), endpoints)
        teams = self._teams_group()

        self.metrics_workspace_id = workspace.id
        self.query_endpoint = workspace.metrics.prometheus_query_endpoint
        self.alerts_group = teams.name
        self.action_groups = pulumi.Output.all(**{step: group.id for step, group in told.items()})
        self.register_outputs(
            {
                "metrics_workspace_id": self.metrics_workspace_id,
                "query_endpoint": self.query_endpoint,
                "alerts_group": self.alerts_group,
                "action_groups": self.action_groups,
            }
        )

    def _workspace(self) -> monitor.AzureMonitorWorkspace:
        """Make where measurements are kept: queried and written through private links alone."""
        return monitor.AzureMonitorWorkspace(
            f"{self._name}-workspace",
            azure_monitor_workspace_name=names.metrics_workspace(self._environment),
            resource_group_name=self._args["resource_group"],
            location=self._args["region"],
            public_network_access="Disabled",
            tags=self._guard.tags,
            opts=self._guard.options(protect=True),
        )

    def _rules(self, workspace: monitor.AzureMonitorWorkspace, told: dict[str, monitor.ActionGroup]) -> None:
        """Make the platform's rules, one resource for each group of them."""
        args = self._args
        scope = Scope(
            owner=args["ownership"]["owner"],
            regions=tuple(cluster["name"] for cluster in args["clusters"]),
            standby=tuple(args.get("standby", [])),
        )
        steps = [(step["name"], step["after_minutes"]) for step in args["escalation"]]
        place = {
            "resource_group_name": args["resource_group"],
            "location": args["region"],
            "scopes": [workspace.id],
            "tags": self._guard.tags,
        }
        groups = {step: group.id for step, group in told.items()}
        for group in fitting(escalated((*platform_rules(), *platform_alerts(scope)), steps), MOST_RULES):
            rule_group(f"{self._name}-{group.name}", group, place, groups, args["runbooks"], self._guard.options())

    def _dashboards(self, workspace: monitor.AzureMonitorWorkspace) -> None:
        """Make Grafana: people sign in with their own identity, it reads with its own, and no keys exist."""
        grafana = dashboard.Grafana(
            f"{self._name}-grafana",
            workspace_name=names.dashboards(self._args["organisation"], self._environment),
            resource_group_name=self._args["resource_group"],
            location=self._args["region"],
            sku={"name": "Standard"},
            identity={"type": "SystemAssigned"},
            properties={
                "api_key": "Disabled",
                "public_network_access": "Disabled",
                "deterministic_outbound_ip": "Enabled",
                "zone_redundancy": "Enabled" if self._args.get("zone_redundant", True) else "Disabled",
                "grafana_integrations": {
                    "azure_monitor_workspace_integrations": [{"azure_monitor_workspace_resource_id": workspace.id}]
                },
            },
            tags=self._guard.tags,
            opts=self._guard.options(),
        )
        principal = grafana.identity.apply(lambda identity: str(identity.principal_id) if identity else "")
        grant(f"{self._name}-grafana-reads", MONITORING_DATA_READER, principal, workspace.id, self)
        dashboard.ManagedPrivateEndpoint(
            f"{self._name}-grafana-reaches",
            managed_private_endpoint_name="measurements",
            workspace_name=grafana.name,
            resource_group_name=self._args["resource_group"],
            location=self._args["region"],
            private_link_resource_id=workspace.id,
            private_link_resource_region=self._args["region"],
            group_ids=[str(Service.METRICS)],
            # Whoever owns the workspace approves it once: Azure leaves that to a person, whoever asks.
            request_message="Headgate: Grafana reads the measurements of this workspace.",
            tags=self._guard.tags,
            opts=self._guard.options(),
        )
        reached = (Service.GRAFANA, names.dashboards(self._args["organisation"], self._environment))
        self._guard.attend("grafana", grafana, workspace_id=self._args["workspace_id"], reached_as=reached)

    def _traces(self) -> applicationinsights.Component:
        """Make where traces are kept: in the log workspace, by identities alone. It needs no diagnostic setting."""
        return applicationinsights.Component(
            f"{self._name}-traces",
            resource_name_=names.traces(self._environment),
            resource_group_name=self._args["resource_group"],
            location=self._args["region"],
            kind="web",
            application_type="web",
            ingestion_mode="LogAnalytics",
            workspace_resource_id=self._args["workspace_id"],
            disable_local_auth=True,
            public_network_access_for_ingestion="Disabled",
            public_network_access_for_query="Disabled",
            tags=self._guard.tags,
            opts=self._guard.options(),
        )

    def _scope(
        self, traces: applicationinsights.Component, endpoints: dict[str, monitor.DataCollectionEndpoint]
    ) -> None:
        """Put logs, traces and what collects measurements behind one private link scope."""
        linked = {"logs": self._args["workspace_id"], "traces": traces.id}
        linked |= {f"collection-{region}": endpoint.id for region, endpoint in endpoints.items()}
        monitor_scope(self._name, self._args["resource_group"], linked, self._guard)

    def _teams_group(self) -> resources.ResourceGroup:
        """Make the resource group of the teams' alerts."""
        return resources.ResourceGroup(
            f"{self._name}-alerts-group",
            resource_group_name=names.alerts_group(self._environment),
            location=self._args["region"],
            tags=self._guard.tags,
            opts=self._guard.options(),
        )
