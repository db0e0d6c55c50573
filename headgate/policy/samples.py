"""Samples beside each rule: what it allows and what it does not, each as every gate would see it.

A sample is a Kubernetes object, or a Pulumi resource (`type`, `name`, `properties`) where it is none. What happens to
it may be said in front of it (`operation: delete`, then `object`); a rule on relations takes several (`resources`), a
rule on approvals what the gate knows of them (`approval`), one on models what it was told of the registry (`facts`).
Tests of parity and the rule pages read them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from headgate import yaml_text
from headgate.plan import manifests, pulumi
from headgate.plan.view import Operation, Resource
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import Rule

_ASKED = frozenset({Operation.CREATE, Operation.DELETE, Operation.CONNECT})
_OF_WHAT_IS_THERE = frozenset({Operation.UPDATE, Operation.DELETE})


@dataclass(frozen=True)
class Member:
    """One resource of a sample."""

    document: dict[str, Any]
    operation: Operation

    @property
    def is_kubernetes(self) -> bool:
        """Whether a cluster could be asked to write it."""
        return "apiVersion" in self.document

    def as_inputs(self) -> tuple[str, str, dict[str, Any]]:
        """Return it as Pulumi hands it over: URN, type token and inputs."""
        document = self.document
        if self.is_kubernetes:
            version = "core/v1" if document["apiVersion"] == "v1" else document["apiVersion"]
            token = f"kubernetes:{version}:{document['kind']}"
            name, inputs = document["metadata"]["name"], document
        else:
            token, name, inputs = document["type"], document["name"], document["properties"]
        return f"urn:pulumi:fraud-prod::headgate::{token}::{name}", token, inputs

    def as_step(self) -> Resource:
        """Return it as gate P sees a plan."""
        urn, token, inputs = self.as_inputs()
        step = pulumi.from_inputs(urn, token, inputs, self.operation, protect=self.document.get("protect", False))
        step = pulumi.since(step, self.document.get("before", {}), protected=False)
        return replace(step, unprotected=self.document.get("unprotected", False))


@dataclass(frozen=True)
class Sample:
    """One sample of a rule."""

    rule: Rule
    allowed: bool
    file: Path

    @property
    def name(self) -> str:
        """Return its name among all samples."""
        return f"{self.rule.id}-{'allowed' if self.allowed else 'disallowed'}-{self.file.stem}"

    @property
    def text(self) -> str:
        """Return the file."""
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def _document(self) -> dict[str, Any]:
        value: dict[str, Any] = yaml_text.load(self.text)
        return value

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the gate was told beside it."""
        return dict(self._document.get("facts", {}))

    @property
    def members(self) -> list[Member]:
        """Return its resources: one, but for a rule on relations."""
        return [
            Member(each.get("object", each), Operation(each.get("operation", "create")))
            for each in self._document.get("resources", [self._document])
        ]

    @property
    def approval(self) -> dict[str, Any] | None:
        """Return what the gate knows of the plan and its approvals, for the rules that ask for them."""
        found: dict[str, Any] | None = self._document.get("approval")
        return found

    @property
    def is_manifest(self) -> bool:
        """Whether it is a file of Kubernetes objects that are to be written."""
        return all(each.is_kubernetes and each.operation is Operation.CREATE for each in self.members)

    @property
    def is_asked_for(self) -> bool:
        """Whether an update asks for all of it. Its gate is given inputs: it hears of no deletion or replacement."""
        gone = {Operation.DELETE, Operation.REPLACE}
        return not any(each.operation in gone for each in self.members)

    @property
    def is_review(self) -> bool:
        """Whether a cluster's gate could be asked about it: about one object, told of its facts by a signed edition."""
        asked = all(each.is_kubernetes and each.operation in _ASKED for each in self.members)
        return asked and self.rule.scope == "object" and len(self.members) == 1

    def is_tried_at(self, gate: str) -> bool:
        """Whether the sample says anything of its rule at a gate that the rule claims."""
        tried = {"P": True, "U": self.is_asked_for, "A": self.is_review}
        return gate in self.rule.gates and tried[gate]

    def as_manifest(self) -> list[Resource]:
        """Return it as gate P sees a file."""
        return manifests.from_text(yaml_text.dump_all(each.document for each in self.members), str(self.file))

    def as_steps(self) -> list[Resource]:
        """Return it as gate P sees a plan."""
        return [each.as_step() for each in self.members]

    def as_review(self) -> dict[str, Any]:
        """Return it as the API server asks."""
        document, operation = self.members[0].document, self.members[0].operation
        whole = json.loads(json.dumps(document))
        if operation is Operation.CONNECT:
            # What is sent is how to connect; what to is said by the request alone.
            whole.pop("metadata")
        group, _, version = document["apiVersion"].rpartition("/")
        metadata = document["metadata"]
        return {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
                "kind": {"group": group, "version": version, "kind": document["kind"]},
                "name": metadata["name"],
                "namespace": metadata.get("namespace", ""),
                "operation": operation.name,
                "userInfo": {"username": "fraud-deployer"},
                "object": None if operation is Operation.DELETE else whole,
                "oldObject": whole if operation in _OF_WHAT_IS_THERE else None,
                "dryRun": False,
            },
        }


def of(bundle: Bundle, rule: Rule) -> Iterator[Sample]:
    """Yield a rule's samples, allowed ones first."""
    folder = bundle.root / "samples" / rule.category / rule.name
    for verdict in ("allowed", "disallowed"):
        for file in sorted((folder / verdict).glob("*.yaml")):
            yield Sample(rule, verdict == "allowed", file)
