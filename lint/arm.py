"""The Azure resources of a stack as an ARM template: the form that other tools of this field read.

Owns the form alone. The SDK flattens what ARM nests under `properties`; the sandbox's catalogue says how, and the table
below says which items of a resource are resources in themselves. A template is for reading, never for deploying.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID
from headgate.sandbox.azure.types import resolve
from lint.program import Registration

PREFIX = "azure-native"
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
# Lists whose items have a name beside and the rest under `properties`, which the SDK has flattened too.
_ITEMS = {
    "Microsoft.Network/networkSecurityGroups": ("securityRules",),
    "Microsoft.Network/privateEndpoints": ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": ("privateDnsZoneConfigs",),
    "Microsoft.Network/routeTables": ("routes",),
    "Microsoft.Network/virtualNetworks": ("subnets",),
}
# What the SDK calls otherwise than ARM does.
_CALLED = {"Microsoft.Storage/storageAccounts": {"networkRuleSet": "networkAcls"}}
_BESIDE = frozenset({"name", "id", "type", "zones"})


def template(registrations: Iterable[Registration]) -> dict[str, Any]:
    """Return the template of every Azure resource, in the order of their names."""
    resources = [_resource(each) for each in registrations if each.type.startswith(PREFIX)]
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "resources": sorted(resources, key=lambda each: (each["type"], each["name"])),
    }


def _resource(registration: Registration) -> dict[str, Any]:
    """Return one resource; a child's name begins with its parents', as ARM has it."""
    found = resolve(registration.type)
    spec = found.spec
    inputs = {name: value for name, value in registration.inputs.items() if value is not None}
    values = {name: str(inputs.get(name, registration.name)) for name in spec.template.parameters}
    arm_id = spec.template.build(values | {"subscriptionId": SUBSCRIPTION_ID})
    body = bodies.to_body(spec, inputs)
    properties = _nested(spec.arm_type, body.pop("properties"))
    return {
        "type": spec.arm_type,
        "apiVersion": found.api_version or bodies.schema_for(spec).api_version,
        "name": "/".join(arm_id.rpartition("/providers/")[2].split("/")[2::2]) or arm_id.rpartition("/")[2],
        **body,
        "properties": properties,
    }


def _nested(arm_type: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties with the items of the table nested again."""
    return {
        _CALLED.get(arm_type, {}).get(name, name): [_item(each) for each in value]
        if name in _ITEMS.get(arm_type, ())
        else value
        for name, value in properties.items()
    }


def _item(value: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: each for name, each in value.items() if name not in _BESIDE}
    return {name: each for name, each in value.items() if name in _BESIDE} | {"properties": inner}
