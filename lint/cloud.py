"""A cloud in memory: answers a program's registrations as Azure in miniature and an API server would, with no process.

Owns no knowledge of Azure: ids, bodies and outputs come from the sandbox's own catalogue, so a type that a component
uses is known here as soon as the sandbox knows it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pulumi.runtime import mocks, rpc

from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, key, stable_uuid
from headgate.sandbox.azure.types import CATALOGUE, resolve
from headgate.sandbox.azure.types.foundation import client_config
from headgate.sandbox.azure.types.spec import Body, TypeSpec
from headgate.sandbox.providers.azure_native.functions import LISTINGS

# Stands for the content of a secret, in clear and as base64 alike.
SECRET = "c2VjcmV0"  # noqa: S105  it says "secret"
# What Azure puts on everything; always the same here, so that two renders are alike.
_STAMP = {"etag": "", "systemData": {"createdAt": "2026-01-01T00:00:00Z", "lastModifiedAt": "2026-01-01T00:00:00Z"}}
_KUBECONFIG = "apiVersion: v1\nkind: Config\ncurrent-context: none\n"


def plain(value: Any) -> Any:
    """Return a value of the protocol as a person would write it: whole numbers, and no secret's content."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return SECRET if isinstance(value["value"], str) else plain(value["value"])
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class MemoryCloud(mocks.Mocks):
    """Holds what was registered; `references` are the outputs of the stacks that a program reads, by their name."""

    def __init__(self, references: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._references = references or {}
        self._bodies: dict[str, Body] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a registration."""
        inputs = {name: value for name, value in args.inputs.items() if value is not None}
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": dict(self._references.get(args.name, {}))}
        if args.typ.startswith("azure-native"):
            return self._azure(resolve(args.typ).spec, args.name, inputs)
        if args.typ == "kubernetes:core/v1:Service" and inputs.get("spec", {}).get("type") == "LoadBalancer":
            inputs["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}
        return args.name, inputs

    def call(self, args: mocks.MockCallArgs) -> Any:
        """Answer a function: a listing has one row, a look-up finds what was registered."""
        module, function = args.token.split(":")[1].split("/")[0], args.token.split(":")[2]
        listing = LISTINGS.get(f"{module}:{function}")
        if listing is not None:
            value = base64.b64encode(_KUBECONFIG.encode()).decode()
            return {listing.result: [{"name": "user", "value": value}]}
        if function == "getClientConfig":
            return dict(client_config())
        spec = CATALOGUE.get(f"{module}:{function.removeprefix('get')}")
        body = self.get(self._id(spec, function, args.args)) if spec else None
        return bodies.to_outputs(spec, body) | {"id": body["id"]} if spec and body else {}

    def get(self, arm_id: str) -> Body | None:
        """Return a resource by its id."""
        return self._bodies.get(key(arm_id))

    def children(self, arm_id: str, arm_type: str | None = None) -> list[Body]:
        """Return the resources below an id."""
        above = key(arm_id) + "/"
        # Registrations come in from several threads: a copy, so that none changes it under the loop.
        bodies = list(self._bodies.items())
        return [body for at, body in bodies if at.startswith(above) and arm_type in (None, body["type"])]

    def of_type(self, arm_type: str) -> list[Body]:
        """Return every resource of a type."""
        return [body for body in list(self._bodies.values()) if body["type"] == arm_type]

    def _azure(self, spec: TypeSpec, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Keep a resource as Azure would, and answer with its outputs."""
        arm_id = self._id(spec, name, inputs)
        stated = bodies.to_body(spec, plain(inputs))
        body: Body = {**stated, **_STAMP, "id": arm_id, "name": arm_id.rpartition("/")[2], "type": spec.arm_type}
        self._bodies[key(arm_id)] = body
        shown = body | {"properties": {**body["properties"], **spec.outputs(body, self)}} | _identity(body)
        for companion in spec.companions(body, self):
            self._bodies.setdefault(key(companion["id"]), companion)
        return arm_id, bodies.to_outputs(spec, shown)

    def _id(self, spec: TypeSpec, name: str, inputs: Mapping[str, Any]) -> str:
        """Return the id; what the program leaves to Azure to name has the name that the program calls it by."""
        values = {parameter: str(plain(inputs.get(parameter, name))) for parameter in spec.template.parameters}
        return spec.template.build(values | {"subscriptionId": SUBSCRIPTION_ID})


def _identity(body: Body) -> Body:
    """Return the identity as Azure shows it, if there is one."""
    identity = body.get("identity")
    if not identity:
        return {}
    users = identity.get("userAssignedIdentities") or {}
    return {
        "identity": {
            **identity,
            "principalId": stable_uuid("principal", body["id"]),
            "userAssignedIdentities": {
                arm_id: {"clientId": stable_uuid("client", arm_id), "principalId": stable_uuid("principal", arm_id)}
                for arm_id in users
            },
        }
    }
