"""The table of attacks (`tests/component/attacks/attacks.yaml`), and each of them in the form that a gate is sent.

Sends nothing and judges nothing.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from headgate import yaml_text
from headgate.plan.opaque import SECRET_SIGNATURE, SIGNATURE

TABLE = Path(__file__).resolve().parents[1] / "component" / "attacks" / "attacks.yaml"
STACK = "fraud-prod"
# The SDK's placeholder for a text that is not known yet.
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True)
class Attack:
    """One row: what is sent, and which rule refuses it at which gate. What is sound is a row that nothing refuses."""

    name: str
    document: dict[str, Any]
    refused: dict[str, str] = field(default_factory=dict)
    sound: dict[str, Any] | None = None
    preview: dict[str, Any] | None = None
    request: dict[str, Any] = field(default_factory=dict)
    type: str = ""
    step: str = ""
    plan: tuple[dict[str, Any], ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    cluster: dict[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """Return what Pulumi calls it."""
        version = "core/v1" if self.document.get("apiVersion") == "v1" else self.document.get("apiVersion")
        return self.type or f"kubernetes:{version}:{self.document['kind']}"

    @property
    def urn(self) -> str:
        """Return a URN that ends with the attack's name, by which a verdict is told from the others'."""
        return _urn(self.token, self.name)

    def steps(self) -> list[dict[str, Any]]:
        """Return the steps of a plan, as `pulumi preview --json` prints them."""
        own = {"urn": self.urn, "type": self.token, "custom": True, "inputs": _printed(self.document), **self.links}
        return [
            _step(self.step, own),
            *(_step(each["step"], {"urn": _urn(each["type"], each["name"]), **each}) for each in self.plan),
        ]

    def inputs(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a document of this attack as the engine hands it to a policy pack."""
        handed: dict[str, Any] = _marked(document)
        return handed

    def review(self) -> dict[str, Any]:
        """Return it as the API server asks."""
        asked = dict(self.request)
        group, _, version = self.document["apiVersion"].rpartition("/")
        kind, metadata = self.document["kind"], self.document["metadata"]
        was = self.sound if asked.pop("was", None) else None
        request = {
            "uid": self.name,
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": f"{kind.lower()}s"},
            "name": metadata.get("name", ""),
            "namespace": metadata.get("namespace", ""),
            "operation": "CREATE" if was is None else "UPDATE",
            "userInfo": {"username": "intruder"},
            "object": self.document,
            "oldObject": was,
            "dryRun": False,
            **asked,
        }
        return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def rows() -> dict[str, Any]:
    """Return the table as it is written."""
    read: dict[str, Any] = yaml_text.load(TABLE.read_text(encoding="utf-8"))
    return read


def failures() -> list[dict[str, Any]]:
    """Return what becomes of a gate that is broken itself, as it is written."""
    read = yaml_text.load(TABLE.with_name("failures.yaml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = read["failures"]
    return found


@cache
def attacks() -> tuple[Attack, ...]:
    """Return every attack that is sent."""
    table = rows()
    return tuple(_attack(dict(row), table["sound"]) for row in table["attacks"])


@cache
def sound() -> tuple[Attack, ...]:
    """Return what the attacks are changes of, as it is without them."""
    return tuple(Attack(name, document, step="create") for name, document in rows()["sound"].items())


def _attack(row: dict[str, Any], sound: dict[str, Any]) -> Attack:
    row.pop("how")
    base = copy.deepcopy(sound.get(row.pop("of", None)))
    changed = _merged(copy.deepcopy(base), row.pop("with", {}))
    document = row.pop("object", changed)
    preview = _merged(copy.deepcopy(document), row.pop("preview")) if "preview" in row else None
    return Attack(document=document, sound=base, preview=preview, plan=tuple(row.pop("plan", ())), **row)


def _merged(value: Any, change: Any) -> Any:
    """Return a value with a change: objects by key, lists by position, `null` takes away."""
    if isinstance(change, dict) and isinstance(value, dict):
        merged = {**value, **{key: _merged(value.get(key), each) for key, each in change.items()}}
        return {key: each for key, each in merged.items() if each is not None}
    if isinstance(change, list) and isinstance(value, list):
        return [_merged(old, new) for old, new in zip(value, change, strict=False)] + value[len(change) :]
    return change


def _urn(token: str, name: str) -> str:
    return f"urn:pulumi:{STACK}::headgate::{token}::{name}"


def _step(operation: str, state: dict[str, Any]) -> dict[str, Any]:
    side = "oldState" if operation.startswith("delete") else "newState"
    return {"op": operation, "urn": state["urn"], side: {"custom": True, **state}}


def _printed(value: Any) -> Any:
    """Return a value as a preview prints it: without what is secret."""
    return _replaced(value, UNKNOWN_TEXT, lambda _: "[secret]")


def _marked(value: Any) -> Any:
    """Return a value as the engine's protocol marks it."""
    return _replaced(value, UNKNOWN_TEXT, lambda secret: {SIGNATURE: SECRET_SIGNATURE, "value": secret})


def _replaced(value: Any, unknown: str, secret: Any) -> Any:
    if isinstance(value, dict):
        if "$unknown" in value:
            return unknown
        if "$secret" in value:
            return secret(value["$secret"])
        return {key: _replaced(each, unknown, secret) for key, each in value.items()}
    return [_replaced(each, unknown, secret) for each in value] if isinstance(value, list) else value
