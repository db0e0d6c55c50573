"""Runs components against mocks and records every registration: type, name, parent, inputs and options."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc
from pulumi.runtime import settings as runtime_settings

from lint.loops import ProgramLoops

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000000"

OWNERSHIP = {
    "team": "platform",
    "owner": "ml-platform",
    "environment": "prod",
    "cost_center": "ml",
    "data_class": "restricted",
    "commit": "0123abc",
    "change": "CHG-7",
}
TAGS = {
    "team": "platform",
    "owner": "ml-platform",
    "environment": "prod",
    "cost-center": "ml",
    "data-class": "restricted",
    "commit": "0123abc",
    "change": "CHG-7",
    "managed-by": "headgate",
}


@dataclass(frozen=True)
class Registered:
    """One registration, as the engine would see it."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    ignored: list[str]
    replaced_for: list[str] = field(default_factory=list)
    deleted_first: bool = False


@dataclass
class Recording:
    """All registrations of a run, and what was returned."""

    resources: list[Registered] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def one(self, kind: str, name: str | None = None) -> Registered:
        """Return the only resource of a type (and name)."""
        found = [each for each in self.resources if each.type == kind and name in (None, each.name)]
        assert len(found) == 1, [each.name for each in self.resources if each.type == kind]
        return found[0]

    def children(self) -> dict[str, str]:
        """Return name → type of everything but components and providers."""
        return {
            each.name: each.type
            for each in self.resources
            if not each.type.startswith(("headgate:", "pulumi:providers:"))
        }


# The input that says what a resource is called.
_NAMED_BY = {
    "ResourceGroup": "resourceGroupName",
    "ManagedCluster": "resourceName",
    "Registry": "registryName",
    "Profile": "profileName",
    "StorageAccount": "accountName",
    "Namespace": "namespaceName",
    "EventHub": "eventHubName",
    "PrivateEndpoint": "privateEndpointName",
    "PrivateZone": "privateZoneName",
    "AFDEndpoint": "endpointName",
    "AFDOriginGroup": "originGroupName",
    "BatchEndpoint": "endpointName",
    "ConnectedCluster": "clusterName",
    "BatchDeployment": "deploymentName",
    "UserAssignedIdentity": "resourceName",
    "PrivateLinkScope": "scopeName",
    "Grafana": "workspaceName",
}


class _Cloud(mocks.Mocks):
    """Answers as Azure and Kubernetes would, as far as components look."""

    def __init__(self, recording: Recording, references: dict[str, Any]) -> None:
        self.recording = recording
        self.references = references

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token == "azure-native:authorization:getClientConfig":
            return {"subscriptionId": SUBSCRIPTION.rpartition("/")[2]}
        self.recording.calls.append((args.token, args.args))
        value = base64.b64encode(
            f"kubeconfig of {args.args.get('resourceName', args.args.get('clusterName'))}".encode()
        ).decode()
        return {"kubeconfigs": [{"name": "user", "value": value}]}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if pulumi.runtime.is_dry_run():
            # Nothing of what does not exist yet is known.
            return "", {}
        state = dict(args.inputs)
        kind = args.typ.rpartition(":")[2]
        state.setdefault("name", args.inputs.get(_NAMED_BY.get(kind, ""), args.name))
        answers: dict[str, dict[str, Any]] = {
            "Vault": {"properties": {**state.get("properties", {}), "vaultUri": f"https://{args.name}.vault"}},
            "UserAssignedIdentity": {"clientId": f"client of {args.name}", "principalId": f"principal of {args.name}"},
            "StorageAccount": {"primaryEndpoints": {"blob": f"https://{state['name']}.blob.core.windows.net/"}},
            "AzureMonitorWorkspace": {
                "metrics": {"prometheusQueryEndpoint": "https://amw.uaenorth.prometheus.monitor.azure.com"}
            },
            "Grafana": {"identity": {"type": "SystemAssigned", "principalId": "principal of grafana"}},
            "AFDEndpoint": {"hostName": "hg-models.z01.azurefd.net"},
        }
        state |= answers.get(kind, {})
        if (state.get("identity") or {}).get("type") == "UserAssigned":
            # Azure answers with an object where the SDK takes a list.
            state["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {}}
            state["oidcIssuerProfile"] = {"enabled": True, "issuerURL": f"https://issuer/{state['name']}"}
        if args.typ == "azure-native:containerregistry:Registry":
            state["loginServer"] = f"{args.inputs['registryName']}.azurecr.io"
        if args.typ == "kubernetes:core/v1:Service":
            state["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": self.references}
        return f"{SUBSCRIPTION}/{args.name}", state


class _Monitor(mocks.MockMonitor):
    """Keeps of each registration what the mocks' own record drops."""

    def __init__(self, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self.recording = cloud.recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Record, then answer."""
        if request.type != "pulumi:pulumi:Stack":
            self.recording.resources.append(
                Registered(
                    request.type,
                    request.name,
                    request.parent.rpartition("::")[2],
                    _whole(rpc.deserialize_properties(request.object)),
                    request.protect,
                    list(request.ignoreChanges),
                    list(request.replaceOnChanges),
                    request.deleteBeforeReplace,
                )
            )
        return super().RegisterResource(request)


def _whole(value: Any) -> Any:
    """Take the protocol's floats back to whole numbers, and secrets to what they hold."""
    if isinstance(value, dict):
        if rpc._special_sig_key in value and "value" in value:
            return _whole(value["value"])
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


Build = Callable[[], dict[str, Any]]


@pytest.fixture
def record() -> Iterator[Callable[..., Recording]]:
    """Return a function that runs a program against the mocks and returns what it registered."""

    def run(
        build: Build,
        *,
        stack: str = "platform-prod",
        references: dict[str, Any] | None = None,
        preview: bool = False,
    ) -> Recording:
        recording = Recording()
        cloud = _Cloud(recording, references or {})
        mocks.set_mocks(cloud, project="headgate", stack=stack, preview=preview, monitor=_Monitor(cloud))

        @pulumi.runtime.test
        def program() -> pulumi.Output[None]:
            return pulumi.Output.from_input(build()).apply(recording.outputs.update)

        program()
        # Registrations run side by side and come in no order of their own.
        recording.resources.sort(key=lambda each: (each.name, each.type))
        return recording

    with ProgramLoops():
        yield run
        runtime_settings.reset_options()


@pytest.fixture
def ownership() -> dict[str, str]:
    """Return who answers for it."""
    return dict(OWNERSHIP)


@pytest.fixture
def tags() -> dict[str, str]:
    """Return the same, as Azure tags."""
    return dict(TAGS)
