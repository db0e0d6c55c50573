"""What a resource type token means: its API version, its kind, and whether it lives in a namespace.

Owns the reading of tokens and the scope of built-in kinds, which is known without asking a server (a preview without a
cluster needs it). Custom kinds are the cluster's to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from headgate.errors import HeadgateError

_UNSUPPORTED_MODULES: Final = {
    "helm.sh": "Helm releases and charts",
    "yaml": "YAML components",
    "kustomize": "kustomizations",
}

CLUSTER_SCOPED: Final = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("internal.apiserver.k8s.io", "StorageVersion"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "DeviceTaintRule"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
    }
)

_BUILT_IN_GROUPS: Final = frozenset(
    {"", "apps", "autoscaling", "batch", "extensions", "policy"}
    | {group for group, _ in CLUSTER_SCOPED if group}
    | {"authentication.k8s.io", "authorization.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io"}
)


@dataclass(frozen=True)
class Kind:
    """A kind in a group and version."""

    api_version: str
    name: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> Kind:
        """Return the kind that a document says it is."""
        return cls(str(document["apiVersion"]), str(document["kind"]))

    @property
    def group(self) -> str:
        """API group, empty for the core one."""
        return self.api_version.rpartition("/")[0]

    @property
    def built_in(self) -> bool:
        """Whether the kind comes with Kubernetes, so that no CRD is going to add it."""
        return self.group in _BUILT_IN_GROUPS

    @property
    def known_scope(self) -> bool | None:
        """Whether objects live in a namespace; None when only the cluster knows."""
        return (self.group, self.name) not in CLUSTER_SCOPED if self.built_in else None

    def __str__(self) -> str:
        return f"{self.api_version}/{self.name}"


def kind_of_token(token: str) -> Kind:
    """Return the kind of `kubernetes:<group>/<version>:<Kind>`, or refuse the token by name."""
    _, module, name = token.split(":")
    group, _, version = module.rpartition("/")
    for prefix, what in _UNSUPPORTED_MODULES.items():
        if group.split("/")[0] == prefix or module.split("/")[0] == prefix:
            raise _unsupported(token, f"it does not handle {what}", "declare the resources one by one")
    if not group or not version:
        raise _unsupported(
            token, "its type has no group and version", "use a type such as kubernetes:core/v1:ConfigMap"
        )
    if name.endswith("List"):
        raise _unsupported(token, "a list can't be created", "declare its items as resources of their own")
    if name.endswith("Patch"):
        raise _unsupported(token, "it does not patch objects that it does not own", "declare the whole resource")
    group = "" if group == "core" else group
    return Kind(f"{group}/{version}" if group else version, name)


def token_of_urn(urn: str) -> str:
    """Return the resource's own type token from its URN (parents' types are joined with `$`)."""
    return urn.split("::")[2].split("$")[-1]


def _unsupported(token: str, why: str, fix: str) -> HeadgateError:
    return HeadgateError(
        f"the sandbox's stand-in for the kubernetes provider refuses {token}",
        found=why,
        expected="any kind that the API server serves, core or custom",
        fix=fix,
    )
