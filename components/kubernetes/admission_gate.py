"""AdmissionGate: OPA as the validating webhook of a cluster, closed when it can't decide.

Owns the namespace `headgate-gate` and the webhook. Does not own the rules: it is given their files, or the digest of a
signed bundle that OPA pulls.
"""

import json
from collections.abc import Mapping
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.admissionregistration.v1 import ValidatingWebhookConfiguration
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, Secret, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding

from components import names, sizing
from components.contract.admission_gate import AdmissionGateArgs
from components.kubernetes import admission_config as config
from components.kubernetes import admission_pods as pods
from components.kubernetes.admission_webhook import webhook
from components.kubernetes.labels import labels, pod_labels
from components.kubernetes.network import to_ledger
from components.kubernetes.own_namespace import own_namespace

NAMESPACE = names.GATE_NAMESPACE
WEBHOOK = "headgate-admission"
TLS_SECRET = "opa-tls"  # noqa: S105  the name of a Secret
_KEPT = [f"--namespace={NAMESPACE}", "--service=opa", f"--secret={TLS_SECRET}", f"--webhook={WEBHOOK}"]
_OPA = {"app.kubernetes.io/name": "opa"}
_CERTIFICATES = {"app.kubernetes.io/name": "gate-certificates"}


class AdmissionGate(pulumi.ComponentResource):
    """Only what the rules allow is written to the cluster."""

    webhook: pulumi.Output[str]
    """Name of the webhook configuration; known once the gate decides, so what depends on it is judged."""
    rules_digest: pulumi.Output[str]
    """Digest of the rules that decide: of the signed bundle, where there is one, else of the files."""

    def __init__(
        self,
        name: str,
        args: AdmissionGateArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        # The rules themselves are in the state once for each cluster, in their ConfigMap: it is written at every step.
        told = {**args, "rules": config.digest(args["rules"])}
        super().__init__("headgate:index:AdmissionGate", name, told, opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"])
        self._options = pulumi.ResourceOptions(parent=self)
        self._replicas = args.get("replicas", 3)

        # The webhook leaves this namespace out: a gate must not lock itself out.
        namespace = own_namespace(name, NAMESPACE, self._labels, self._options)
        self._namespace_name = namespace.metadata.name
        self._policies()
        certificates = self._certificates(self._certificates_account())
        opa = self._opa(certificates)
        self._disruption_budget()
        service = self._service()
        configuration = self._webhook([opa, service, certificates])

        self.webhook = configuration.metadata.name
        reference = args["bundle"]["reference"] if "bundle" in args else f"@{config.digest(args['rules'])}"
        self.rules_digest = pulumi.Output.from_input(reference).apply(lambda named: named.rpartition("@")[2])
        self.register_outputs({"webhook": self.webhook, "rules_digest": self.rules_digest})

    def _metadata(self, name: Any, more: dict[str, str] | None = None) -> dict[str, Any]:
        return {"name": name, "namespace": self._namespace_name, "labels": self._labels | (more or {})}

    def _policies(self) -> None:
        """Let the API server in, and the gate out to it and to the collector."""
        NetworkPolicy(
            f"{self._name}-traffic",
            metadata=self._metadata("gate-traffic"),
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"protocol": "TCP", "port": pods.PORT}]}],
                "egress": [{"ports": [{"protocol": "TCP", "port": port} for port in (443, 6443)]}, to_ledger()],
            },
            opts=self._options,
        )

    def _certificates_account(self) -> ServiceAccount:
        """Make the identity that keeps the certificates: one Secret, one webhook configuration, nothing else."""
        account = ServiceAccount(
            f"{self._name}-certificates-account", metadata=self._metadata("gate-certificates"), opts=self._options
        )
        own = {"kind": "ServiceAccount", "name": account.metadata.name, "namespace": self._namespace_name}
        secrets = [
            {"api_groups": [""], "resources": ["secrets"], "verbs": ["create"]},
            {
                "api_groups": [""],
                "resources": ["secrets"],
                "resource_names": [TLS_SECRET],
                "verbs": ["get", "patch"],
            },
        ]
        role = Role(
            f"{self._name}-certificates-role",
            metadata=self._metadata("gate-certificates"),
            rules=secrets,
            opts=self._options,
        )
        RoleBinding(
            f"{self._name}-certificates-binding",
            metadata=self._metadata("gate-certificates"),
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": role.metadata.name},
            subjects=[own],
            opts=self._options,
        )
        self._webhook_rights(own)
        return account

    def _webhook_rights(self, subject: dict[str, Any]) -> None:
        """Let the certificates' keeper put its authority into this webhook configuration alone."""
        role = ClusterRole(
            f"{self._name}-webhook-role",
            metadata={"name": "headgate-gate-certificates", "labels": self._labels},
            rules=[
                {
                    "api_groups": ["admissionregistration.k8s.io"],
                    "resources": ["validatingwebhookconfigurations"],
                    "resource_names": [WEBHOOK],
                    "verbs": ["get", "patch"],
                }
            ],
            opts=self._options,
        )
        ClusterRoleBinding(
            f"{self._name}-webhook-binding",
            metadata={"name": "headgate-gate-certificates", "labels": self._labels},
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role.metadata.name},
            subjects=[subject],
            opts=self._options,
        )

    def _certificates(self, account: ServiceAccount) -> Deployment:
        """Run the keeper of the certificates."""
        return Deployment(
            f"{self._name}-certificates",
            metadata=self._metadata("gate-certificates", _CERTIFICATES),
            spec={
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"match_labels": _CERTIFICATES},
                "template": {
                    "metadata": {"labels": pod_labels(self._args["ownership"]) | _CERTIFICATES},
                    "spec": pods.certificates(self._args["certificates_image"], account.metadata.name, _KEPT),
                },
            },
            opts=self._options,
        )

    def _opa(self, certificates: Deployment) -> Deployment:
        """Run OPA with the rules that were given; new rules are new pods."""
        account = ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata("opa"),
            automount_service_account_token=False,
            opts=self._options,
        )
        rules, configured = self._rules(), self._config()
        return Deployment(
            f"{self._name}-opa",
            metadata=self._metadata("opa", _OPA),
            spec={
                "replicas": self._replicas,
                "selector": {"match_labels": _OPA},
                "strategy": {"type": "RollingUpdate", "rolling_update": {"max_unavailable": 1, "max_surge": 1}},
                "template": {
                    "metadata": {
                        "labels": pod_labels(self._args["ownership"]) | _OPA,
                        # Whatever is new in either restarts the pods.
                        "annotations": {
                            "headgate.dev/rules": config.digest(self._args["rules"]),
                            "headgate.dev/config": configured.data.apply(config.digest),
                        },
                    },
                    "spec": pods.opa(
                        self._args["opa_image"],
                        account.metadata.name,
                        {"rules": rules.metadata.name, "config": configured.metadata.name},
                        _OPA,
                        frozenset({*self._args, *self._args.get("bundle", {}), *self._args.get("audit", {})}),
                        self._args.get("memory_mib", pods.MEMORY_MIB),
                    ),
                },
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[certificates]),
        )

    def _rules(self) -> ConfigMap:
        """Keep the rules under a name of their content, so that pods never see half of a change."""
        return self._config_map("rules", {name.replace("/", "."): text for name, text in self._args["rules"].items()})

    def _config(self) -> ConfigMap:
        """Keep OPA's configuration: what it answers, who may ask, whose rules, where decisions go."""
        known = config.base(self._args["ownership"]["environment"])
        if "audit" not in self._args:
            known["decision_logs"] = {"console": True}
        if not {"audit", "bundle"} & set(self._args):
            return self._config_map("config", {"config.json": json.dumps(known, indent=2)})
        parts = pulumi.Output.all(*self._audit_part(), *self._bundle_parts())
        return self._config_map("config", {"config.json": parts.apply(lambda found: config.written(known, found))})

    def _audit_part(self) -> list[pulumi.Output[dict[str, Any]]]:
        """Keep the collector's token, and say where the collector is."""
        if "audit" not in self._args:
            return []
        audit = self._args["audit"]
        authority = {"ca.crt": audit["authority"]} if "authority" in audit else {}
        self._secret("audit-token", pods.AUDIT_SECRET, {"token": audit["token"], **authority})
        return [pulumi.Output.from_input(audit["url"]).apply(config.decision_logs)]

    def _bundle_parts(self) -> list[pulumi.Output[dict[str, Any]]]:
        """Keep the registry's credentials, and say which rules and facts, and whose signatures."""
        bundle = self._args.get("bundle")
        if bundle is None:
            return []
        if "credentials" in bundle:
            self._secret("registry", pods.REGISTRY_SECRET, {"credentials": bundle["credentials"]})
        rules = pulumi.Output.all(bundle["reference"], bundle["key"])
        parts = [rules.apply(lambda given: config.signed_rules(*given))]
        if "facts" in bundle:
            facts = pulumi.Output.all(bundle["facts"]["reference"], bundle["facts"]["key"])
            parts.append(facts.apply(lambda given: config.signed_facts(*given)))
        return parts

    def _secret(self, suffix: str, name: str, data: dict[str, Any]) -> None:
        Secret(
            f"{self._name}-{suffix}",
            metadata=self._metadata(name),
            string_data={key: pulumi.Output.secret(value) for key, value in data.items()},
            opts=self._options,
        )

    def _config_map(self, what: str, files: dict[str, Any]) -> ConfigMap:
        """Keep files under a name of their content: under one name the gate would have to go before it could change."""

        def named(content: Mapping[str, str]) -> str:
            return f"opa-{what}-{config.digest(content).removeprefix('sha256:')[:12]}"

        is_known = all(isinstance(text, str) for text in files.values())
        return ConfigMap(
            f"{self._name}-{what}",
            metadata=self._metadata(named(files) if is_known else pulumi.Output.all(**files).apply(named)),
            data=files,
            opts=self._options,
        )

    def _disruption_budget(self) -> None:
        """Keep the gate deciding while nodes are drained."""
        PodDisruptionBudget(
            f"{self._name}-disruption-budget",
            metadata=self._metadata("opa"),
            spec={
                "max_unavailable": sizing.may_be_unavailable(self._replicas),
                "selector": {"match_labels": _OPA},
            },
            opts=self._options,
        )

    def _service(self) -> Service:
        """Give OPA the name that the webhook calls."""
        return Service(
            f"{self._name}-service",
            metadata=self._metadata("opa"),
            spec={
                "selector": _OPA,
                "ports": [{"name": "https", "port": 443, "target_port": pods.PORT, "protocol": "TCP"}],
            },
            opts=self._options,
        )

    def _webhook(self, after: list[pulumi.Resource]) -> ValidatingWebhookConfiguration:
        """Close the gate. Its authority is put in by the certificates' keeper, which owns that field."""
        return ValidatingWebhookConfiguration(
            f"{self._name}-webhook",
            metadata={"name": WEBHOOK, "labels": self._labels},
            webhooks=[webhook(NAMESPACE, "opa")],
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
