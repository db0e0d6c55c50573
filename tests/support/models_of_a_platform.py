"""Models in the registry of a running platform, made with the sandbox's own keys and that of one who has left since.

Owns how they are pushed, proven, moved and asked for in its clusters. What the gates know of them they learn by
themselves: whoever waits for it asks an API server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from copied_manifest import copy_manifest
from running_platform import CHECKOUT

from headgate.cli.sandbox_signers import ensure_signers
from headgate.model import ModelRegistry, Registry
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import signature
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind, read_file
from headgate.model.proofs.keys import generate
from headgate.model.proofs.signers import Role
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Trust
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import StateDir

SERVER = "hgplatformsandbox.azurecr.io"
NAMESPACE = "team-fraud"
_EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
_REQUEST = CHECKOUT / "examples" / "refused" / "model.yaml"


class Shelf:
    """The versions of one model, and those whose word counts for them."""

    def __init__(self, state: Path, name: str) -> None:
        self.name, self._state = name, StateDir(state)
        self.models = ModelRegistry(Registry(SERVER, sandbox_resolver(self._state)))
        self._people, self._leaver = ensure_signers(self._state), generate()
        self._before = self._state.model_signers.read_bytes()
        self._known = self._people.known
        self.leaver_is()

    def leaver_is(self, **what: Any) -> None:
        """Say of somebody who signs what is known of them now; the platform reads it at its next look."""
        rows = self._people.known.model_dump(mode="json", exclude_none=True)["signers"]
        own = {**signers_file.entry("leaver", self._leaver.public, (Role.SIGN,), (self.name,)), **what}
        self._state.model_signers.write_text(yaml.safe_dump({"signers": [*rows, own]}, sort_keys=False))
        self._known = signers_file.read(self._state.model_signers)

    def close(self) -> None:
        """Have nobody sign but those of the sandbox."""
        self._state.model_signers.write_bytes(self._before)

    @property
    def trust(self) -> Trust:
        """Whose word counts now."""
        return Trust(self._known, self._people.judge(SERVER))

    def pushed(self, number: str, signed_by: str = "trainer") -> ModelVersion:
        """Push a version with all proofs, signed by somebody or nobody."""
        model = self.models.push(_EXAMPLE, self.name, number).model
        if signed_by:
            key = {"trainer": self._people.trainer, "leaver": self._leaver}[signed_by]
            Desk(self.models, key, self._known, now()).sign(model)
        desk = Desk(self.models, self._people.trainer, self._known, now())
        for kind in (Kind.CARD, Kind.LINEAGE, Kind.EVALUATION):
            desk.attest(model, kind, read_file(kind, _EXAMPLE / "proofs" / f"{kind}.yaml", model))
        desk.attest(model, Kind.BOM, bill_of(model, None))
        return model

    def only_pushed(self, number: str) -> ModelVersion:
        """Push a version that nobody proves."""
        return self.models.push(_EXAMPLE, self.name, number).model

    def move(self, model: ModelVersion, *stages: Stage) -> None:
        """Move a version, a stage after the other."""
        for stage in stages:
            desk = Desk(self.models, self._people.releaser, self._known, now())
            desk.move(read(self.models, self.name, model.digest, self.trust), stage, "a test of the gates")

    def sign_as(self, model: ModelVersion, other: ModelVersion) -> None:
        """Put another version's signature beside a version."""
        for referrer in self.models.referrers(self.name, other.digest, signature.BUNDLE_TYPE):
            blob = self.models.read_statement(self.name, referrer)
            self.models.attach(self.name, model.digest, signature.BUNDLE_TYPE, blob, signature.BUNDLE_TYPE)

    def copy(self, model: ModelVersion, name: str) -> str:
        """Put a version's manifest into another model's repository, and return how it is asked for there."""
        copy_manifest(self.models, model, _EXAMPLE, name)
        return f"{SERVER}/models/{name}@{model.digest}"

    def reference(self, model: ModelVersion) -> str:
        """Return how a workload asks for a version."""
        return f"{SERVER}/models/{self.name}@{model.digest}"


@dataclass(frozen=True)
class Regions:
    """The API servers of a platform, as its administrator asks them."""

    clients: dict[str, KubeClient]

    @classmethod
    def of(cls, kubeconfigs: dict[str, Path]) -> Regions:
        """Return those of a platform's regions."""
        return cls({region: KubeClient.from_kubeconfig(path) for region, path in kubeconfigs.items()})

    def say(self, reference: str) -> list[str]:
        """Return what each says, now, to a Deployment that mounts a model: nothing, where it lets it through."""
        return [said(each, reference) for each in self.clients.values()]

    def rules(self, reference: str, of: tuple[str, ...]) -> list[list[str]]:
        """Return which rules refuse it, in each."""
        return [[rule for rule in of if f"[{rule}]" in each] for each in self.say(reference)]

    @contextmanager
    def running(self, deployments: dict[str, str]) -> Iterator[None]:
        """Run Deployments, each of a model, in all of them; return when each has its pod."""
        try:
            for client in self.clients.values():
                for name, reference in deployments.items():
                    client.apply(deployment(reference, name), field_manager="headgate-test")
            yield
        finally:
            for client in self.clients.values():
                for name in deployments:
                    client.delete("apps/v1", "Deployment", name, NAMESPACE)


def deployment(reference: str, name: str) -> dict[str, Any]:
    """Return a Deployment that mounts a model and breaks no rule by anything else."""
    text = _REQUEST.read_text(encoding="utf-8").replace("model-from-elsewhere", name)
    document: dict[str, Any] = yaml.safe_load(text)
    document["spec"]["template"]["spec"]["volumes"][0]["image"]["reference"] = reference
    return document


def said(client: KubeClient, reference: str) -> str:
    """Return what an API server says to a Deployment that is new, in a dry run."""
    path = client.path("apps/v1", "Deployment", NAMESPACE)
    try:
        client.request("POST", path, query={"dryRun": "All"}, body=deployment(reference, "asked"))
    except KubeError as error:
        return error.message
    return ""


def pods(client: KubeClient, deployment: str) -> dict[str, str]:
    """Return the pods of a Deployment that are not going: their names, and what tells each from all others."""
    found = client.list("v1", "Pod", NAMESPACE, label_selector=f"app.kubernetes.io/name={deployment}")["items"]
    return {
        each["metadata"]["name"]: each["metadata"]["uid"]
        for each in found
        if "deletionTimestamp" not in each["metadata"]
    }


def why_none(client: KubeClient, deployment: str) -> str:
    """Return why a Deployment's set of replicas makes no pod."""
    found = client.list("apps/v1", "ReplicaSet", NAMESPACE, label_selector=f"app.kubernetes.io/name={deployment}")
    conditions = [one for each in found["items"] for one in each["status"].get("conditions", [])]
    return " ".join(one["message"] for one in conditions if one["type"] == "ReplicaFailure")
