"""RetrainingReceiver: what starts a team's pipelines when an alert or new data asks for it.

Owns the receiver, its identity and its rights: to read the namespace's CronJobs and Jobs, to make Jobs, and to keep one
ConfigMap. Does not own the pipelines, whose CronJobs say what starts them, nor who calls.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Secret, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from components import names
from components.contract.retraining import RetrainingReceiverArgs
from components.kubernetes.labels import labels
from components.kubernetes.network import GATEWAY_NAMESPACE, in_namespace, to_ledger
from components.kubernetes.receiver_pod import PORT, pod
from components.kubernetes.replicated import Replicated

NAME = names.RETRAINING_RECEIVER
# What it has counted of files that arrived; it may change this one, and make none.
COUNTS = "retraining-counts"
_SELECTOR = {"app.kubernetes.io/name": NAME}
_CALLERS = ["headgate-monitoring", GATEWAY_NAMESPACE]
_RULES: list[dict[str, Any]] = [
    {"api_groups": ["batch"], "resources": ["cronjobs"], "verbs": ["list"]},
    {"api_groups": ["batch"], "resources": ["jobs"], "verbs": ["create", "list"]},
    {"api_groups": [""], "resources": ["configmaps"], "resource_names": [COUNTS], "verbs": ["get", "patch"]},
]


class RetrainingReceiver(pulumi.ComponentResource):
    """What starts a team's pipelines when an alert or new data asks for it, in one cluster."""

    url: pulumi.Output[str]
    """Where it is called inside the cluster: `/v1/alertmanager`, `/v1/azure-monitor` or `/v1/data` after it."""

    def __init__(
        self,
        name: str,
        args: RetrainingReceiverArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:RetrainingReceiver", name, dict(args), opts)
        self._name, self._args = name, args
        self._labels = labels(args["ownership"]) | _SELECTOR
        self._options = pulumi.ResourceOptions(parent=self)

        account = self._account()
        rights = self._rights(account)
        self._border()
        program = self._program()
        program.deployment(pod(args, NAME, _SELECTOR), [*rights, *self._files()])
        program.disruption_budget()
        service = program.service("http", PORT, "receiver")

        self.url = pulumi.Output.concat("http://", service.metadata.name, f".{args['namespace']}.svc:{PORT}")
        self.register_outputs({"url": self.url})

    def _metadata(self, name: str = NAME) -> dict[str, Any]:
        return {"name": name, "namespace": self._args["namespace"], "labels": self._labels}

    def _account(self) -> ServiceAccount:
        """Make its identity; the token is mounted by hand, for an hour at a time."""
        return ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata(),
            automount_service_account_token=False,
            opts=self._options,
        )

    def _rights(self, account: ServiceAccount) -> list[pulumi.Resource]:
        """Give it what it does, in this namespace: what a Job may be, admission judges as of any other."""
        group = "rbac.authorization.k8s.io"
        role = Role(f"{self._name}-role", metadata=self._metadata(), rules=_RULES, opts=self._options)
        subject = {"kind": "ServiceAccount", "name": account.metadata.name, "namespace": self._args["namespace"]}
        binding = RoleBinding(
            f"{self._name}-binding",
            metadata=self._metadata(),
            role_ref={"api_group": group, "kind": "Role", "name": role.metadata.name},
            subjects=[subject],
            opts=self._options,
        )
        return [binding]

    def _files(self) -> list[pulumi.Resource]:
        """Make what it counts with, and the secrets by which it is called and records."""
        ledger = self._args["ledger"]
        secrets = {"token": self._args["token"], "ledger-token": ledger["token"]}
        authority = {"ledger-ca.crt": ledger["authority"]} if "authority" in ledger else {}
        return [
            # What stands in it is the receiver's own: an update leaves it as it is.
            ConfigMap(
                f"{self._name}-counts",
                metadata=self._metadata(COUNTS),
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["data"]),
            ),
            Secret(
                f"{self._name}-access", metadata=self._metadata(), string_data=secrets | authority, opts=self._options
            ),
        ]

    def _border(self) -> None:
        """Let in who may call, and the receiver out to the API server and the ledger."""
        callers = self._args.get("callers", _CALLERS)
        NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(),
            spec={
                "pod_selector": {"match_labels": _SELECTOR},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [
                    {
                        "from": [{"namespace_selector": in_namespace(caller)} for caller in callers],
                        "ports": [{"protocol": "TCP", "port": PORT}],
                    }
                ],
                "egress": [{"ports": [{"protocol": "TCP", "port": port} for port in (443, 6443)]}, to_ledger()],
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
        )
