"""How long a gate's verdict lags behind the registry, on a platform of two regions.

A Deployment of the model is asked for again and again, as a dry run, in both regions; what counts is the region that
hears last.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from headgate.cli.platform_images import EXAMPLES, login_server
from headgate.cli.sandbox_signers import ensure_signers
from headgate.model import ModelRegistry, Registry
from headgate.model.artifact import ModelVersion
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind, read_file
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Trust, Unasked
from headgate.sandbox.control import Control
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import CHECKOUT, StateDir

GOAL_SECONDS = 10.0
NAME = "fraud/fraud-score"
_RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")
_EXAMPLE = EXAMPLES / "fraud-score"
_REQUEST = CHECKOUT / "examples" / "refused" / "model.yaml"
_PAUSE = 0.05
_PATIENCE = 60.0

Seconds = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class _Clusters:
    """The API servers that are asked."""

    clients: tuple[KubeClient, ...]
    server: str
    request: Mapping[str, Any]

    def refuse(self, digest: str) -> list[bool]:
        """Return whether each region's gate refuses a model now, for what is known of it."""
        request = copy.deepcopy(dict(self.request))
        volume = request["spec"]["template"]["spec"]["volumes"][0]
        volume["image"]["reference"] = f"{self.server}/models/{NAME}@{digest}"
        return [self._refuses(client, request) for client in self.clients]

    def _refuses(self, client: KubeClient, request: Mapping[str, Any]) -> bool:
        path = client.path("apps/v1", "Deployment", request["metadata"]["namespace"])
        try:
            client.request("POST", path, query={"dryRun": "All"}, body=request)
        except KubeError as error:
            return any(f"[{rule}]" in error.message for rule in _RULES)
        return False


def measure(state: StateDir, rounds: int) -> Seconds:
    """Prove a version, restrict it, and take that back, as often as is asked."""
    server = login_server("platform-sandbox")
    models, people = ModelRegistry(Registry(server, sandbox_resolver(state))), ensure_signers(state)
    configs = [each.endpoints.kubeconfig_path for each in Control(state).regions() if each.endpoints]
    clusters = _Clusters(
        tuple(KubeClient.from_kubeconfig(each) for each in configs), server, yaml.safe_load(_REQUEST.read_text())
    )
    trainer = Desk(models, people.trainer, people.known, now())
    found: dict[str, list[float]] = {"the last proof: admitted": [], "restricted: refused": [], "back: admitted": []}
    for number in range(rounds):
        model = models.push(_EXAMPLE, NAME, f"9.{int(time.time())}.{number}").model
        _proven(trainer, model)

        def moved(stage: Stage, model: ModelVersion = model) -> None:
            desk = Desk(models, people.releaser, people.known, now())
            desk.move(read(models, NAME, model.digest, Trust(people.known, Unasked())), stage, "a measurement")

        def evaluated(model: ModelVersion = model) -> None:
            trainer.attest(model, Kind.EVALUATION, read_file(Kind.EVALUATION, _proofs(Kind.EVALUATION), model))

        for what, act, refused in (
            ("the last proof: admitted", evaluated, False),
            ("restricted: refused", lambda: moved(Stage.RESTRICTED), True),
            ("back: admitted", lambda: moved(Stage.CANDIDATE), False),
        ):
            found[what].append(_until(clusters, model.digest, act, refused=refused))
    return found


def _until(clusters: _Clusters, digest: str, act: Callable[[], None], *, refused: bool) -> float:
    """State something, and return the seconds until every region decides by it."""
    wanted = [refused] * len(clusters.clients)
    if clusters.refuse(digest) == wanted:
        raise AssertionError(f"{digest} was decided so before anything was stated")
    act()
    began = time.monotonic()
    while clusters.refuse(digest) != wanted:
        if time.monotonic() - began > _PATIENCE:
            raise AssertionError(f"not within {_PATIENCE:g} s: {digest} refused={refused}")
        time.sleep(_PAUSE)
    return time.monotonic() - began


def _proven(trainer: Desk, model: ModelVersion) -> None:
    """Prove all of a version but its evaluation."""
    trainer.sign(model)
    for kind in (Kind.CARD, Kind.LINEAGE):
        trainer.attest(model, kind, read_file(kind, _proofs(kind), model))
    trainer.attest(model, Kind.BOM, bill_of(model, None))


def _proofs(kind: Kind) -> Any:
    return _EXAMPLE / "proofs" / f"{kind}.yaml"


def table(seconds: Seconds) -> str:
    """Return the measurements, and whether each kept the goal."""
    lines = ["| what is stated, and what both regions then do | times | median | longest | goal | met |"]
    lines.append("|---|---|---|---|---|---|")
    for what, each in seconds.items():
        met = "yes" if max(each) <= GOAL_SECONDS else "no"
        row = f"{len(each)} | {statistics.median(each):.1f} s | {max(each):.1f} s | at most {GOAL_SECONDS:g} s | {met}"
        lines.append(f"| {what} | {row} |")
    return "\n".join(lines)
