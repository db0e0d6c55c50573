"""`pulumi up` of a whole production environment in the sandbox: platform and a team of three models, in two regions.

Works on a copy of the project, so that no committed stack file changes; the team's models are the example's, under
three names, and the facts about them are simulated. Deploys on the protected path, under the policy pack, as
`headgate up` does.
"""

from __future__ import annotations

import copy
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import yaml

from benchmarks.processes import Sampler
from benchmarks.sandboxes import beside, running
from benchmarks.simulated_facts import models_of, simulated_facts
from headgate import engine
from headgate.cli.platform_images import push_platform_images, wait_for_registry
from headgate.engine import environment
from headgate.engine.process import Finished, Pulumi
from headgate.model import ModelRegistry, Registry, build, push_runtime_image
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import CHECKOUT, StateDir

PLATFORM, TEAM = "platform-prod", "fraud-prod"
MODELS = ("fraud-score", "fraud-device", "fraud-network")
VERSION = "1.0.0"
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
GOAL_SECONDS = 240
_SAMPLE_SECONDS = 0.5
# What an update itself consists of; the rest is the sandbox that it works on.
_UPDATE = ("engine", "language host and program", "policy pack", "kubernetes stand-in", "azure-native stand-in")


@dataclass(frozen=True)
class Deployed:
    """One update: what it made, how long it took, what it needed."""

    stack: str
    changes: Mapping[str, int]
    seconds: float
    parts: Mapping[str, float]
    update_bytes: int
    whole_bytes: int

    @property
    def resources(self) -> int:
        """Return how many resources the stack has."""
        return sum(self.changes.values())


class Prod:
    """A sandbox with a copy of the project, in which production can be deployed."""

    def __init__(self, folder: Path) -> None:
        """Copy the project and give the team its three models; nothing runs yet."""
        self.state = StateDir(folder / "state").ensure()
        self.project = folder / "project"
        _copy(self.project)
        self.edit(TEAM, lambda team: team.update(models=_models(team["models"][0])))

    def edit(self, stack: str, change: Any) -> None:
        """Change the settings of a stack file of the copy."""
        path = self.project / "stacks" / f"Pulumi.{stack}.yaml"
        document = yaml.safe_load(path.read_text())
        section = "platform" if stack == PLATFORM else "team"
        change(document["config"][f"headgate:{section}"])
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def registry(self) -> Registry:
        """Return production's registry."""
        return Registry("hgplatformprod.azurecr.io", sandbox_resolver(self.state))

    def up(self, stack: str) -> Deployed:
        """Deploy a stack; while the platform is made, its images are pushed as soon as there is a registry."""
        sampler = Sampler([str(self.state.root.parent)])

        def sample(ended: threading.Event) -> None:
            while not ended.wait(_SAMPLE_SECONDS):
                sampler.sample()

        with beside(sample), beside(partial(self._push_images, stack)):
            began = time.monotonic()
            update = engine.up(stack, project=self.project, state=self.state, more=self._facts(stack))
            seconds = time.monotonic() - began
        sampler.sample()
        made = Deployed(
            stack,
            {kind: count for kind, count in update.changes.items() if count},
            seconds,
            sampler.by_role(),
            sampler.peak(_UPDATE),
            sampler.peak(),
        )
        # Shown at once: a long measurement that is interrupted has said something.
        click.echo(f"{stack}: {made.resources} resources in {seconds:.1f} s", err=True)
        return made

    def _facts(self, stack: str) -> dict[str, str]:
        """Return whom the gate is told to believe of the example's models, which nobody has proven."""
        if stack == PLATFORM:
            return {}
        return simulated_facts(self.project.parent, "prod", models_of(stack, self.project / "stacks"))

    def push_models(self) -> None:
        """Push the team's models and their runtime, as a pipeline would before the team deploys."""
        registry = self.registry()
        for model in MODELS:
            ModelRegistry(registry).push(EXAMPLE, f"fraud/{model}", VERSION)
        push_runtime_image(registry, name="oip-server")

    def destroy(self, stack: str) -> Finished:
        """Destroy a stack; what is protected refuses."""
        variables = environment.prepare(self.state, project=self.project)
        pulumi = Pulumi(environment.child_environment(variables), self.project)
        return pulumi.run(["destroy", "--yes", "--skip-preview", "--stack", stack], output=self.project / "out")

    def _push_images(self, stack: str, ended: threading.Event) -> None:
        """Push the platform's images while it is being made: its first pods ask for them."""
        if stack == PLATFORM and wait_for_registry(self.state, PLATFORM, ended):
            push_platform_images(self.registry(), PLATFORM)


@contextmanager
def prod(folder: Path) -> Iterator[Prod]:
    """Run a sandbox for production, and nothing of it afterwards."""
    made = Prod(folder)
    with running(made.state):
        yield made


def measure(folder: Path) -> list[Deployed]:
    """Deploy the platform and the team, then both again without changes."""
    with prod(folder) as made:
        platform = made.up(PLATFORM)
        made.push_models()
        return [platform, made.up(TEAM), made.up(PLATFORM), made.up(TEAM)]


def table(runs: list[Deployed]) -> str:
    """Return the runs as a table, and whether both first ones together keep the goal."""
    lines = [
        "| stack | resources | changed | seconds | processor seconds of the update | of all"
        " | peak memory of the update | of all |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        changed = run.resources - run.changes.get("same", 0)
        own = sum(seconds for role, seconds in run.parts.items() if role in _UPDATE)
        lines.append(
            f"| {run.stack} | {run.resources} | {changed} | {run.seconds:.1f} | {own:.1f} |"
            f" {sum(run.parts.values()):.1f} | {run.update_bytes / 2**20:,.0f} MB | {run.whole_bytes / 2**20:,.0f} MB |"
        )
    together = sum(run.seconds for run in runs[:2])
    verdict = "kept" if together < GOAL_SECONDS else "missed"
    return "\n".join(
        [*lines, "", f"Both first updates together: {together:.0f} s; goal: under {GOAL_SECONDS} s, {verdict}."]
    )


def _copy(project: Path) -> None:
    """Copy what an update reads."""
    for name in ("Pulumi.yaml", "infra", "components", "headgate", "stacks", "policies", "toolchain"):
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            project.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, project / name)
    (project / ".venv").symlink_to(CHECKOUT / ".venv")
    _unprotect(project / "policies" / "parameters" / "prod.yaml")


def _unprotect(parameters: Path) -> None:
    """Ask nobody for approval: what is measured is the update, and no key of an approver lies in a benchmark.

    A copy is no repository, so no commit is asked for either.
    """
    document = yaml.safe_load(parameters.read_text())
    document["approval"] = {**document["approval"], "count": 0}
    document["audit"] = {**document["audit"], "unrecorded": ["commit", "change"]}
    parameters.write_text(yaml.safe_dump(document))


def _models(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the team's model under each name, with the digest that a push gives it."""
    # Copies: what YAML finds twice it writes as an anchor, which stack files don't have.
    return [
        {
            **copy.deepcopy(dict(model)),
            "name": name,
            "version": VERSION,
            "digest": build(EXAMPLE, f"fraud/{name}", VERSION).model.digest,
        }
        for name in MODELS
    ]
