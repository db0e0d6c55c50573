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
from headgate.model.proofs import signers
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind, read_file
from headgate.model.proofs.keys import generate
from headgate.model.proofs.signers import Role
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Trust, Unasked
from headgate.sandbox.control import Control
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.files import write_if_changed
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
_Step = tuple[str, Callable[[], None], bool]


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


class _People:
    """The sandbox's own, and one who signs and whose key is revoked: in the file that the platform reads."""

    def __init__(self, state: StateDir) -> None:
        self._own, self._file, self._leaver = ensure_signers(state), state.model_signers, generate()
        self._before = self._file.read_bytes()
        self.leaver_is()

    def leaver_is(self, **what: str) -> None:
        """Say of the one who signs what holds of the key from now on."""
        rows = self._own.known.model_dump(mode="json", exclude_none=True)["signers"]
        leaver = {**signers.entry("leaver", self._leaver.public, (Role.SIGN,), (NAME,)), **what}
        write_if_changed(self._file, yaml.safe_dump({"signers": [*rows, leaver]}, sort_keys=False).encode())
        self._known = signers.read(self._file)

    def close(self) -> None:
        """Have nobody's word count but that of the sandbox's own."""
        write_if_changed(self._file, self._before)

    def pushed(self, models: ModelRegistry, number: str) -> ModelVersion:
        """Push a version, and prove all of it but its evaluation."""
        model = models.push(_EXAMPLE, NAME, number).model
        Desk(models, self._leaver, self._known, now()).sign(model)
        desk = Desk(models, self._own.trainer, self._known, now())
        for kind in (Kind.CARD, Kind.LINEAGE):
            desk.attest(model, kind, _proof(kind, model))
        desk.attest(model, Kind.BOM, bill_of(model, None))
        return model

    def evaluate(self, models: ModelRegistry, model: ModelVersion) -> None:
        """Attest what is missing yet."""
        desk = Desk(models, self._own.trainer, self._known, now())
        desk.attest(model, Kind.EVALUATION, _proof(Kind.EVALUATION, model))

    def move(self, models: ModelRegistry, model: ModelVersion, stage: Stage) -> None:
        """Move a version."""
        standing = read(models, NAME, model.digest, Trust(self._known, Unasked()))
        Desk(models, self._own.releaser, self._known, now()).move(standing, stage, "a measurement")


def measure(state: StateDir, rounds: int) -> Seconds:
    """Prove a version, restrict it, revoke its signer's key, and take both back, as often as is asked."""
    server = login_server("platform-sandbox")
    models, people = ModelRegistry(Registry(server, sandbox_resolver(state))), _People(state)
    configs = [each.endpoints.kubeconfig_path for each in Control(state).regions() if each.endpoints]
    clusters = _Clusters(
        tuple(KubeClient.from_kubeconfig(each) for each in configs), server, yaml.safe_load(_REQUEST.read_text())
    )
    found: dict[str, list[float]] = {}
    try:
        for number in range(rounds):
            model = people.pushed(models, f"9.{int(time.time())}.{number}")
            for what, act, refused in _steps(people, models, model):
                found.setdefault(what, []).append(_until(clusters, model.digest, act, refused=refused))
    finally:
        people.close()
    return found


def _steps(people: _People, models: ModelRegistry, model: ModelVersion) -> tuple[_Step, ...]:
    """Return what is stated of a version, one after the other, and whether the gates refuse it then."""
    return (
        ("the last proof: admitted", lambda: people.evaluate(models, model), False),
        ("restricted: refused", lambda: people.move(models, model, Stage.RESTRICTED), True),
        ("back: admitted", lambda: people.move(models, model, Stage.CANDIDATE), False),
        ("its signer's key revoked: refused", lambda: people.leaver_is(revoked="a measurement"), True),
        ("the key counts again: admitted", people.leaver_is, False),
    )


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


def _proof(kind: Kind, model: ModelVersion) -> Mapping[str, Any]:
    return read_file(kind, _EXAMPLE / "proofs" / f"{kind}.yaml", model)


def table(seconds: Seconds) -> str:
    """Return the measurements, and whether each kept the goal."""
    lines = ["| what is stated, and what both regions then do | times | median | longest | goal | met |"]
    lines.append("|---|---|---|---|---|---|")
    for what, each in seconds.items():
        met = "yes" if max(each) <= GOAL_SECONDS else "no"
        row = f"{len(each)} | {statistics.median(each):.1f} s | {max(each):.1f} s | at most {GOAL_SECONDS:g} s | {met}"
        lines.append(f"| {what} | {row} |")
    return "\n".join(lines)
