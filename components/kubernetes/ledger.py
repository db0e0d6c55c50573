"""LedgerService: the ledger's writer in a cluster, which gates, Alertmanager and receivers tell what they did.

Owns the namespace `headgate-ledger`, the writer, what it signs and is known by, and who may call it. Does not own the
ledger, which is in Blob Storage, nor the identity that may write there.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.core.v1 import Secret, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components import names
from components.contract.ledger import LedgerServiceArgs
from components.kubernetes.labels import labels
from components.kubernetes.ledger_pod import ACCESS, NAME, PORT, TLS, pod
from components.kubernetes.network import in_namespace
from components.kubernetes.own_namespace import own_namespace
from components.kubernetes.replicated import Replicated

NAMESPACE = names.LEDGER_NAMESPACE
_SELECTOR = {"app.kubernetes.io/name": NAME}
_CALLERS = [names.GATE_NAMESPACE, "headgate-monitoring"]


class LedgerService(pulumi.ComponentResource):
    """What writes the ledger for one cluster."""

    url: pulumi.Output[str]
    """Where it is called inside the cluster: `/v1/opa`, `/v1/alertmanager` or `/v1/entries` after it."""

    def __init__(
        self,
        name: str,
        args: LedgerServiceArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:LedgerService", name, dict(args), opts)
        self._name, self._args = name, args
        self._labels = labels(args["ownership"]) | _SELECTOR
        self._options = pulumi.ResourceOptions(parent=self)

        self._namespace_name = own_namespace(name, NAMESPACE, self._labels, self._options).metadata.name
        account = self._account()
        self._border()
        program = self._program()
        program.deployment(pod(args, account.metadata.name, _SELECTOR), self._secrets())
        program.disruption_budget()
        service = program.service("https", 443, "https")

        self.url = pulumi.Output.concat("https://", service.metadata.name, f".{NAMESPACE}.svc")
        self.register_outputs({"url": self.url})

    def _metadata(self, name: str = NAME, **more: Any) -> dict[str, Any]:
        return {"name": name, "namespace": self._namespace_name, "labels": self._labels, **more}

    def _account(self) -> ServiceAccount:
        """Make its identity, as which it writes blobs; of this cluster it asks nothing."""
        return ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata(annotations={"azure.workload.identity/client-id": self._args["client_id"]}),
            automount_service_account_token=False,
            opts=self._options,
        )

    def _secrets(self) -> list[pulumi.Resource]:
        """Make what it signs with and is shown, and apart from it what it is known by, which is renewed."""
        access = {"signing.key": self._args["signing_key"], "token": self._args["token"]}
        if "read_token" in self._args:
            access["read-token"] = self._args["read_token"]
        pair = self._args["certificate"]
        known_by = {"tls.crt": pair["certificate"], "tls.key": pair["key"]}
        return [
            Secret(f"{self._name}-access", metadata=self._metadata(ACCESS), string_data=access, opts=self._options),
            Secret(
                f"{self._name}-certificate",
                metadata=self._metadata(TLS),
                type="kubernetes.io/tls",
                string_data=known_by,
                opts=self._options,
            ),
        ]

    def _border(self) -> None:
        """Let in who may call, and the writer out to the storage and to where its identity is proven."""
        callers = [{"namespace_selector": in_namespace(each)} for each in self._args.get("callers", _CALLERS)]
        outside = [{"ip_block": {"cidr": each}} for each in self._args.get("networks", [])]
        NetworkPolicy(
            f"{self._name}-traffic",
            metadata=self._metadata("ledger-traffic"),
            spec={
                "pod_selector": {"match_labels": _SELECTOR},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"from": [*callers, *outside], "ports": [{"protocol": "TCP", "port": PORT}]}],
                "egress": [{"ports": [{"protocol": "TCP", "port": 443}]}],
            },
            opts=self._options,
        )

    def _program(self) -> Replicated:
        """Describe what runs."""
        return Replicated(
            self._name,
            self._metadata(),
            self._args["ownership"],
            _SELECTOR,
            self._args.get("replicas", 2),
            self._options,
            # Without it the cluster's webhook gives a pod no identity.
            {"azure.workload.identity/use": "true"},
        )
