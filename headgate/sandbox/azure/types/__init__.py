"""The catalogue: every resource type that the sandbox knows, by SDK token and by ARM id.

Owns look-up and the refusal of what is not in it, with the nearest names. A type is a row in the module of its area.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from headgate.errors import HeadgateError
from headgate.sandbox.azure.ids import SCOPE_PARAMETERS
from headgate.sandbox.azure.sdk import source
from headgate.sandbox.azure.sdk.validate import nearest
from headgate.sandbox.azure.types import (
    access,
    arc,
    containerservice,
    diagnostics,
    edge,
    eventhub,
    foundation,
    keyvault,
    machinelearning,
    monitor_scope,
    monitoring,
    network,
    private_link,
    registry,
    securityinsights,
    storage,
    traffic,
)
from headgate.sandbox.azure.types.spec import TypeSpec

__all__ = ["CATALOGUE", "ResolvedType", "resolve", "spec_by_arm_type", "spec_for_id"]

CATALOGUE: dict[str, TypeSpec] = {
    spec.token: spec
    for module in (
        foundation,
        access,
        network,
        private_link,
        keyvault,
        registry,
        containerservice,
        edge,
        monitoring,
        monitor_scope,
        storage,
        machinelearning,
        arc,
        traffic,
        diagnostics,
        securityinsights,
        storage,
        eventhub,
    )
    for spec in module.TYPES
}
_VERSION = re.compile(r"v(\d{4})(\d{2})(\d{2})(\w*)")


@dataclass(frozen=True)
class ResolvedType:
    """A type and the API version that the token names; empty for the SDK's default."""

    spec: TypeSpec
    api_version: str = ""


@cache
def resolve(token: str) -> ResolvedType:
    """Return the type of a token: `azure-native:cdn:Profile`, or `azure-native:cdn/v20250415:Profile`."""
    parts = token.split(":")
    if len(parts) == 3 and parts[0].startswith("azure-native"):
        # A package made for one API version: azure-native_containerservice_v20250101:containerservice:ManagedCluster.
        suffix = parts[0].rpartition("_")[2] if "_" in parts[0] else ""
        module, _, version = parts[1].partition("/")
        spec = CATALOGUE.get(f"{module}:{parts[2]}")
        if spec is not None:
            return ResolvedType(spec, _api_version(version or suffix))
    raise _unknown(token)


@cache
def spec_for_id(arm_id: str) -> tuple[TypeSpec, tuple[tuple[str, str], ...]] | None:
    """Return the type of an id with its parameters. The last `/providers/` decides, as for extension resources."""
    found: list[tuple[TypeSpec, dict[str, str]]] = []
    for spec in CATALOGUE.values():
        values = spec.template.match(arm_id)
        if values is not None:
            found.append((spec, values))
    if not found:
        return None
    spec, values = min(found, key=lambda item: _span(item[1]))
    return spec, tuple(values.items())


@cache
def spec_by_arm_type(arm_type: str) -> TypeSpec | None:
    """Return the type of `Microsoft.X/a/b`, whatever its case."""
    return next((spec for spec in CATALOGUE.values() if spec.arm_type.lower() == arm_type.lower()), None)


def _span(values: dict[str, str]) -> int:
    """Prefer the match that leaves least to a scope."""
    return sum(len(value) for name, value in values.items() if name in SCOPE_PARAMETERS)


def _api_version(module_version: str) -> str:
    match = _VERSION.fullmatch(module_version)
    if match is None:
        return ""
    year, month, day, suffix = match.groups()
    return f"{year}-{month}-{day}" + (f"-{suffix}" if suffix else "")


def _unknown(token: str) -> HeadgateError:
    """Tell a type that Azure does not have from one that the sandbox does not."""
    parts = token.split(":")
    short = f"{parts[1].split('/')[0]}:{parts[2]}" if len(parts) == 3 else token
    module, _, name = short.partition(":")
    in_sdk = (source.package_root() / module).is_dir() and name in source.resource_names(module)
    near = nearest(short, CATALOGUE)
    if in_sdk:
        what = f"the sandbox's Azure does not have the resource type {short} yet"
        fix = "add a TypeSpec for it under headgate/sandbox/azure/types, or leave it out of sandbox stacks"
    else:
        what = f"the Azure SDK has no resource type {short}"
        fix = f"use {near}" if near else "use a type of pulumi_azure_native"
    same_module = sorted(item for item in CATALOGUE if item.startswith(f"{module}:"))
    known = same_module or sorted(CATALOGUE)
    return HeadgateError(what, where=token, found=short, expected=f"one of {', '.join(known)}", fix=fix)
