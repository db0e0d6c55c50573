"""AuditTrail on Azure: immutable stores, the activity log's export, diagnostic settings, a stream for a SIEM, Sentinel.

Does not own the ledger's service, nor what resources log to the workspace: each component sees to that itself. This one
keeps a second copy of the same logs where nobody, not even an owner, can change it.
"""

from typing import Optional

import pulumi
from pulumi_azure_native import monitor, securityinsights

from components import names
from components.azure.audit_store import AuditStore, audit_store
from components.azure.audit_stream import AuditStream, audit_stream
from components.azure.guard import Guard
from components.azure.ledger_identity import ledger_identity
from components.contract.audit import AuditRegion, AuditTrailArgs

# All that the subscription's activity log has.
ACTIVITY = (
    "Administrative",
    "Security",
    "ServiceHealth",
    "Alert",
    "Recommendation",
    "Policy",
    "Autoscale",
    "ResourceHealth",
)


class AuditTrail(pulumi.ComponentResource):
    """What happened, kept where nobody can change it, and told to those who watch."""

    store_ids: pulumi.Output[dict[str, str]]
    """Immutable store of each region."""
    ledger_uris: pulumi.Output[dict[str, str]]
    """Container of the ledger in each region."""
    stream_ids: pulumi.Output[dict[str, str]]
    """Namespace of each region's stream; empty without one."""
    writer_id: pulumi.Output[str]
    """Application id as which the clusters' ledger services write; empty without one."""

    def __init__(
        self,
        name: str,
        args: AuditTrailArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:AuditTrail", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = Guard(self, name, args)

        stores = {region["name"]: audit_store(name, args, region, self._guard) for region in args["regions"]}
        streams = self._streams()
        for region in args["regions"]:
            self._archive(region, stores[region["name"]], streams.get(region["name"]))
        primary = args["regions"][0]["name"]
        self._activity(stores[primary], streams.get(primary))
        if args.get("sentinel", False):
            self._sentinel()

        self.store_ids = _by_region({key: store.id for key, store in stores.items()})
        self.ledger_uris = _by_region({key: store.ledger_uri for key, store in stores.items()})
        self.stream_ids = _by_region({key: stream.namespace_id for key, stream in streams.items()})
        self.writer_id = self._writer(args["regions"][0], stores[primary])
        self.register_outputs(
            {
                "store_ids": self.store_ids,
                "ledger_uris": self.ledger_uris,
                "stream_ids": self.stream_ids,
                "writer_id": self.writer_id,
            }
        )

    def _writer(self, region: AuditRegion, store: AuditStore) -> pulumi.Output[str]:
        """Make the identity of the ledger's writers, where there are any."""
        issuers = self._args.get("writers", {})
        if not issuers:
            return pulumi.Output.from_input("")
        return ledger_identity(self, self._name, region, store, issuers, self._guard)

    def _streams(self) -> dict[str, AuditStream]:
        """Make a stream in each region, where one is asked for."""
        if "stream" not in self._args:
            return {}
        return {
            region["name"]: audit_stream(self, self._name, self._args, region, self._guard)
            for region in self._args["regions"]
        }

    def _archive(self, region: AuditRegion, store: AuditStore, stream: AuditStream | None) -> None:
        """Keep each source's logs in its region's store, and send them down its stream."""
        for source, resource_id in region["sources"].items():
            monitor.DiagnosticSetting(
                f"{self._name}-{source}-archive",
                name="headgate-archive",
                resource_uri=resource_id,
                storage_account_id=store.id,
                event_hub_authorization_rule_id=stream.rule_id if stream else None,
                event_hub_name=stream.hub if stream else None,
                logs=[{"category_group": "allLogs", "enabled": True}],
                opts=self._guard.options(),
            )

    def _activity(self, store: AuditStore, stream: AuditStream | None) -> None:
        """Export the subscription's activity log: who did what to which resource."""
        monitor.SubscriptionDiagnosticSetting(
            f"{self._name}-activity",
            name=names.activity_export(self._guard.environment),
            workspace_id=self._args["workspace_id"],
            storage_account_id=store.id,
            event_hub_authorization_rule_id=stream.rule_id if stream else None,
            event_hub_name=stream.hub if stream else None,
            logs=[{"category": category, "enabled": True} for category in ACTIVITY],
            opts=self._guard.options(protect=True),
        )

    def _sentinel(self) -> None:
        """Watch the workspace, and bring Defender's alerts into it."""
        parts = pulumi.Output.from_input(self._args["workspace_id"]).apply(lambda text: text.split("/"))
        subscription, group, name = parts[2], parts[4], parts[-1]
        onboarded = securityinsights.SentinelOnboardingState(
            f"{self._name}-sentinel",
            sentinel_onboarding_state_name="default",
            resource_group_name=group,
            workspace_name=name,
            customer_managed_key=False,
            opts=self._guard.options(),
        )
        securityinsights.ASCDataConnector(
            f"{self._name}-defender-connector",
            kind="AzureSecurityCenter",
            data_connector_id=names.connector(self._guard.environment, "defender"),
            resource_group_name=group,
            workspace_name=name,
            subscription_id=subscription,
            data_types={"alerts": {"state": "Enabled"}},
            opts=self._guard.options(depends_on=[onboarded]),
        )


def _by_region(found: dict[str, pulumi.Output[str]]) -> pulumi.Output[dict[str, str]]:
    """Return what each region has; nothing is a mapping too, which the SDK takes for a list."""
    if not found:
        return pulumi.Output.from_input(dict[str, str]())
    every: pulumi.Output[dict[str, str]] = pulumi.Output.all(**found)
    return every
