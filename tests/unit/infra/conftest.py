"""Runs the whole program of a stack against mocks."""

from __future__ import annotations

import base64
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks
from pulumi.runtime import settings as runtime_settings

from headgate.stack import load_stack
from lint.loops import ProgramLoops

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000000"


@dataclass
class Program:
    """What a run registered and exported."""

    resources: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)
    deployed: dict[str, dict[str, Any]] = field(default_factory=dict)
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)

    def kinds(self) -> dict[str, int]:
        """Return how many there are of each kind of component."""
        kinds = [kind.rpartition(":")[2] for kind, _ in self.resources.values() if kind.startswith("headgate:")]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


class _Cloud(mocks.Mocks):
    """Answers with what components read of Azure and Kubernetes."""

    def __init__(self, program: Program, platform: dict[str, Any]) -> None:
        self.program = program
        self.platform = platform

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token == "azure-native:authorization:getClientConfig":
            return {"subscriptionId": SUBSCRIPTION.rpartition("/")[2]}
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": self.program.deployed.get(args.args["name"], {})}
        if args.token == "pulumi:pulumi:readStackResourceOutputs":
            return {"outputs": self.program.standing}
        cluster = args.args.get("resourceName") or args.args.get("clusterName")
        value = base64.b64encode(f"kubeconfig of {cluster}".encode()).decode()
        return {"kubeconfigs": [{"name": "user", "value": value}]}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.program.resources[f"{args.typ}::{args.name}"] = (args.typ, args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": self.platform}
        state = {**args.inputs, "name": args.inputs.get("resourceName", args.name)}
        kind = args.typ.rpartition(":")[2]
        answers: dict[str, dict[str, Any]] = {
            "Vault": {"properties": {**args.inputs.get("properties", {}), "vaultUri": f"https://{args.name}"}},
            "UserAssignedIdentity": {"clientId": f"client of {args.name}", "principalId": f"principal of {args.name}"},
            "ManagedCluster": {
                "identity": {"type": "UserAssigned", "userAssignedIdentities": {}},
                "oidcIssuerProfile": {"enabled": True, "issuerURL": f"https://issuer/{state['name']}"},
            },
            "StorageAccount": {
                "primaryEndpoints": {"blob": f"https://{args.inputs.get('accountName')}.blob.core.windows.net/"}
            },
            "AzureMonitorWorkspace": {
                "metrics": {"prometheusQueryEndpoint": "https://amw.prometheus.monitor.azure.com"}
            },
        }
        state |= answers.get(kind, {})
        if kind == "AFDEndpoint":
            state["hostName"] = "hg.azurefd.net"
        if kind in {"BatchEndpoint", "Compute", "OnlineEndpoint"}:
            state["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {}}
        if args.typ == "azure-native:containerregistry:Registry":
            state["loginServer"] = f"{args.inputs['registryName']}.azurecr.io"
        if args.typ == "kubernetes:core/v1:Service":
            state["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}
        return f"{SUBSCRIPTION}/{args.name}", state


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Program]]:
    """Return a function that runs the program of a stack."""
    monkeypatch.setenv("HEADGATE_COMMIT", "0123abc")
    monkeypatch.setenv("HEADGATE_CHANGE", "CHG-7")

    def run_stack(
        stack: str,
        *,
        platform: dict[str, Any] | None = None,
        preview: bool = False,
        deployed: dict[str, dict[str, Any]] | None = None,
        standing: dict[str, dict[str, Any]] | None = None,
    ) -> Program:
        from infra.settings import load
        from infra.stacks import compose

        program = Program(deployed=deployed or {}, standing=standing or {})
        mocks.set_mocks(_Cloud(program, platform or {}), project="headgate", stack=stack, preview=preview)

        @pulumi.runtime.test
        def everything() -> pulumi.Output[None]:
            return pulumi.Output.from_input(compose(load())).apply(program.exports.update)

        try:
            everything()
        except Exception:
            refused.append(stack)
            raise
        return program

    refused: list[str] = []
    with ProgramLoops():
        yield run_stack
        runtime_settings.reset_options()
    if refused:
        # What waited for the refused says so as it goes: here, where it is kept with the test, and not as pytest ends.
        gc.collect()


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], Any]], None]:
    """Return a function that has stacks ask for more than their files do."""

    def change(edit: Callable[[Any], Any]) -> None:
        def loaded(*arguments: Any) -> Any:
            stack = load_stack(*arguments)
            return replace(stack, config=edit(stack.config))

        monkeypatch.setattr("infra.settings.load_stack", loaded)

    return change
