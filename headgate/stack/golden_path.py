"""The golden path: a team's first stack file from five answers, and its copies for the environments after that.

Owns what an answer must look like and which defaults suit an environment. What it writes is checked
like any other file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from headgate.errors import HeadgateError
from headgate.stack.edit import StackText
from headgate.stack.identity import PLATFORM, Environment, StackName
from headgate.stack.load import load_stack
from headgate.stack.released import DIGEST, settings_of
from headgate.stack.sizes import Replicas
from headgate.stack.snippet import Snippet
from headgate.stack.team import TeamStack
from headgate.stack.values import DataClass, Label, Repository, SemanticVersion
from headgate.stack.written import PROJECT, given, list_stacks

# How many pods a model starts with in each environment; the file is the team's to change.
REPLICAS = {
    Environment.DEV: Replicas(min=1, max=2),
    Environment.STAGING: Replicas(min=2, max=4),
    Environment.PROD: Replicas(min=3, max=12),
    Environment.SANDBOX: Replicas(min=2, max=6),
}
# What belongs to one stack's own encryption, and would be wrong in another's file.
_OWN_KEYS = ("encryptionsalt", "secretsprovider", "encryptedkey")
_MODEL = re.compile(r"(?:[^/@:]+/)?(?P<name>[^/@:]+):(?P<version>[^@]+)@(?P<digest>.+)")
_IMAGE = re.compile(r"(?P<image>[^@]+)@(?P<digest>.+)")

_TEXT = """\
# yaml-language-server: $schema=stack.schema.json
config:
  headgate:team:
    name: {team}
    owner: {owner}
    cost_center: {cost_center}
    data_class: {data_class}
    # Entra ID groups (object ids): who may see and restart the workloads, and who may look.
    groups:
      edit: []
      view: []
    models:
      # Answers at /v2/models/{model.name}. A new version: push it, then change `version` and `digest` together.
      - name: {called}
        version: {model.version}
        digest: {model.digest}
        runtime:
          image: {runtime.name}
          digest: {runtime.digest}
        # Bounds of the autoscaler, in each region.
        replicas: {{min: {replicas.min}, max: {replicas.max}}}
        # What one pod gets; `headgate stack explain {name} quota` shows the most that all may have.
        resources: {{cpu: 500m, memory: 1Gi}}
        # 99 % of the requests are answered within this time, or somebody is told.
        latency_objective_ms: 100
        # When it is trained again, by whoever trains it: every quarter. A pipeline under `training` may say so instead.
        retraining: {{schedule: 0 3 1 */3 *}}
"""


@dataclass(frozen=True)
class Artifact:
    """A model's version or a runtime's image, by digest."""

    name: str
    digest: str
    version: str = ""


@dataclass(frozen=True)
class Answers:
    """What the golden path asks."""

    stack: StackName
    owner: str
    cost_center: str
    data_class: DataClass
    model: Artifact


def stack_answer(text: str) -> StackName:
    """Check the first answer: a team and an environment in which teams begin."""
    name = StackName.parse(text)
    if name.is_platform:
        raise HeadgateError(
            "the golden path is a team's", found=text, expected="TEAM-dev", fix=f"headgate stack new {name}"
        )
    before = name.proven_by
    if before is not None:
        raise HeadgateError(
            "the golden path begins in dev (or in the sandbox)",
            found=text,
            expected=f"{name.owner}-{Environment.DEV}",
            fix=f"begin with {name.owner}-{Environment.DEV}; later `headgate stack new {name} --from {before}`",
        )
    return name


def label_answer(text: str) -> str:
    """Check an owner or a cost center."""
    return _fits(Label, text)


def data_class_answer(text: str) -> DataClass:
    """Check a class of data."""
    try:
        return DataClass(text)
    except ValueError as error:
        raise HeadgateError(
            "this is no class of data",
            found=text,
            expected=f"one of {', '.join(DataClass)}",
            fix="choose the most sensitive data that the model sees",
        ) from error


def model_answer(text: str) -> Artifact:
    """Check a model by name, version and digest."""
    found = _MODEL.fullmatch(text)
    if found is None:
        raise HeadgateError(
            "this is no model by version and digest",
            found=text,
            expected="NAME:VERSION@sha256:…, such as ranker:1.0.0@sha256: and 64 digits",
            fix="copy what `headgate model push` printed; `headgate model digest` tells the digest beforehand",
        )
    return Artifact(_fits(Label, found["name"]), _digest(found["digest"]), _fits(SemanticVersion, found["version"]))


def runtime_answer(text: str) -> Artifact:
    """Check a runtime by image and digest."""
    found = _IMAGE.fullmatch(text)
    if found is None:
        raise HeadgateError(
            "this is no image by digest", found=text, expected="IMAGE@sha256:…", fix="add the digest, not a tag"
        )
    return Artifact(_fits(Repository, found["image"]), _digest(found["digest"]))


def _digest(text: str) -> str:
    if not DIGEST.fullmatch(text):
        raise HeadgateError(
            "this is no digest",
            found=text,
            expected="`sha256:` and 64 hexadecimal digits in lower case",
            fix="copy the digest that `headgate model push` or your image build printed; tags move, digests don't",
        )
    return text


def _fits(kind: Any, text: str) -> str:
    """Check a text against the kind of its setting."""
    try:
        return str(TypeAdapter(kind).validate_python(text))
    except ValidationError as error:
        context = error.errors()[0].get("ctx", {})
        raise HeadgateError(
            "this answer does not fit", found=text, expected=str(context.get("expected_text")), fix=context.get("fix")
        ) from error


def usual_runtime(stacks: Path, environment: Environment) -> Artifact:
    """Return the runtime that most models without GPUs of an environment have, else of any."""
    counts: dict[bool, Counter[tuple[str, str]]] = {True: Counter(), False: Counter()}
    for name in list_stacks(stacks):
        if name.owner == PLATFORM:
            continue
        try:
            models = load_stack(name, stacks).team.models
        except HeadgateError:
            continue  # a neighbour's broken file is no reason to stop here
        runtimes = [(each.runtime.image, each.runtime.digest) for each in models if not each.resources.gpus]
        counts[name.environment is environment].update(runtimes)
    for found in (counts[True], counts[False]):
        if found:
            (image, digest), _ = min(found.most_common(), key=lambda item: (-item[1], item[0]))
            return Artifact(image, digest)
    raise HeadgateError(
        "no stack here says which runtime serves models",
        where=stacks.name,
        expected="a team's stack with a model, or --runtime",
        fix="add --runtime IMAGE@sha256:…",
    )


def first_text(answers: Answers, runtime: Artifact) -> str:
    """Return the text of a team's first stack file."""
    return _TEXT.format(
        name=answers.stack,
        # A team may be called `null`, or a model `no`.
        team=Snippet.of(answers.stack.owner).inline(),
        owner=Snippet.of(answers.owner).inline(),
        cost_center=Snippet.of(answers.cost_center).inline(),
        data_class=answers.data_class,
        model=answers.model,
        called=Snippet.of(answers.model.name).inline(),
        runtime=runtime,
        replicas=REPLICAS[answers.stack.environment],
    )


def copied_text(source: StackName, target: StackName, stacks: Path) -> str:
    """Return a team's stack file for another environment: the same release and people, that environment's replicas."""
    if source.owner != target.owner or target.is_platform:
        raise HeadgateError(
            "a stack is copied for the same team alone",
            found=f"{source} for {target}",
            expected=f"--from {target.owner}-ENVIRONMENT" if not target.is_platform else "no --from for a platform",
            fix=f"headgate stack new {target}" + ("" if target.is_platform else " --from golden-path"),
        )
    stack = load_stack(source, stacks)
    path = stacks / source.file_name
    text = StackText(f"{stacks.name}/{target.file_name}", path.read_text(encoding="utf-8"))
    for key in _OWN_KEYS:
        if text.holds((key,)):
            text = text.remove((key,))
    gpus = _most_gpus(target, stacks)
    section = ("config", f"{PROJECT}:{target.section}")
    for setting in settings_of(stack.config):
        if setting.path[-2:] in (("replicas", "min"), ("replicas", "max")):
            bounds = _bounds(stack.team, setting.place, target.environment, gpus)
            text = text.set((*section, *setting.place), Snippet.of(bounds[str(setting.path[-1])]))
    return text.text


def _most_gpus(target: StackName, stacks: Path) -> int:
    """Return the quota of GPUs that a new stack of an environment gets."""
    quota = given(target, stacks).get("quota")
    return int(quota.get("gpus", 0)) if isinstance(quota, Mapping) else 0


def _bounds(team: TeamStack, place: tuple[str | int, ...], environment: Environment, gpus: int) -> dict[str, int]:
    """Return the replicas that suit an environment, within the quota of GPUs."""
    usual = REPLICAS[environment]
    index = place[1] if place[0] == "models" and isinstance(place[1], int) else None
    each = team.models[index].resources.gpus if index is not None else 0
    most = min(usual.max, max(1, gpus // each)) if each else usual.max
    return {"min": min(usual.min, most), "max": most}
