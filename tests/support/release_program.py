"""A program that deploys what a release's snapshot consists of, as it stands: types, names, parents and inputs.

Run by the engine for `tests/component/upgrade`, with the snapshot's file in RELEASE_STATE. It knows no component: what
is deployed is the release's, whatever this tree's components do. Four things differ, because a snapshot does not have
what they need: budgets begin this month, client configurations are asked of the clusters that are made here, nothing
waits for pods (the images are another build's), and clusters get no webhook, whose rules a snapshot has only the
beginnings of.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi
from pulumi_azure_native import containerservice

STATE = json.loads(Path(os.environ["RELEASE_STATE"]).read_text(encoding="utf-8"))
LEFT_OUT = ("pulumi:pulumi:", "pulumi:providers:azure-native", "pulumi:providers:pulumi")
WEBHOOK = ":ValidatingWebhookConfiguration"
AZURE_VERSION = "3.29.0"


def name_of(urn: str) -> str:
    """Return a resource's logical name."""
    return urn.rpartition("::")[2]


class Deployed:
    """What was registered so far, and after what the next thing of a place comes."""

    def __init__(self) -> None:
        self.resources: dict[str, Any] = {}
        self.last: dict[str, pulumi.Resource] = {}
        self.environment = pulumi.get_stack().rpartition("-")[2]

    def register(self, each: dict[str, Any]) -> None:
        """Register one resource of the snapshot."""
        kind, urn = each["type"], each["urn"]
        parent = self.resources.get(each.get("parent", ""))
        if kind.startswith("pulumi:providers:kubernetes"):
            made: Any = self.connection(urn, parent)
        elif not each["custom"]:
            made = pulumi.ComponentResource(kind, name_of(urn), each["inputs"], pulumi.ResourceOptions(parent=parent))
        else:
            made = self.custom(each, parent)
        self.resources[urn] = made

    def connection(self, urn: str, parent: pulumi.Resource | None) -> pulumi.ProviderResource:
        """Connect to a cluster by the client configuration that Azure gives."""
        region = name_of(urn).removeprefix("cluster-")
        # A team's program finds the platform standing.
        after = [self.last["azure"]] if "azure" in self.last else []
        credentials = containerservice.list_managed_cluster_user_credentials_output(
            resource_group_name=f"rg-headgate-{self.environment}-{region}",
            resource_name=f"aks-{self.environment}-{region}",
            opts=pulumi.InvokeOutputOptions(depends_on=after),
        )
        kubeconfig = credentials.apply(lambda found: base64.b64decode(found.kubeconfigs[0].value).decode())
        return pulumi.ProviderResource(
            "kubernetes",
            name_of(urn),
            {"kubeconfig": pulumi.Output.secret(kubeconfig), "enableServerSideApply": "true"},
            pulumi.ResourceOptions(parent=parent, version="4.34.2"),
        )

    def custom(self, each: dict[str, Any], parent: pulumi.Resource | None) -> pulumi.Resource:
        """Make a resource after the one before it in the same place: a state has them in an order that works."""
        kind, inputs = each["type"], each["inputs"]
        provider, version = None, AZURE_VERSION
        place = "azure"
        if kind.startswith("kubernetes:"):
            provider, version = self.resources[each["provider"].rpartition("::")[0]], "4.34.2"
            place = name_of(each["provider"].rpartition("::")[0])
            inputs = without_waiting(inputs)
        elif kind.endswith(":Budget"):
            # Azure takes no new one that began before this month.
            inputs = {**inputs, "timePeriod": {"startDate": datetime.now(UTC).strftime("%Y-%m-01T00:00:00Z")}}
        made = pulumi.CustomResource(
            kind,
            name_of(each["urn"]),
            inputs,
            pulumi.ResourceOptions(
                parent=parent,
                provider=provider,
                version=version,
                depends_on=[self.last[place]] if place in self.last else [],
            ),
        )
        self.last[place] = made
        return made


def without_waiting(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return an object for which nobody waits."""
    metadata = inputs["metadata"]
    annotations = {**metadata.get("annotations", {}), "pulumi.com/skipAwait": "true"}
    return {**inputs, "metadata": {**metadata, "annotations": annotations}}


deployed = Deployed()
for row in STATE["deployment"]["resources"]:
    if not row["type"].startswith(LEFT_OUT) and not row["type"].endswith(WEBHOOK):
        deployed.register(row)
