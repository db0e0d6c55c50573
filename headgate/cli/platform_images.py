"""Fills the sandbox's registry with what the stack files name: program images, the runtime, the team's models.

In Azure pipelines push these; here their content is in the checkout. A digest that differs from the stack file's is an
error: a stack file names what was judged, and nothing else may run.
"""

from __future__ import annotations

import threading
from importlib.metadata import version

from components import names
from headgate.errors import HeadgateError
from headgate.model import ModelRegistry, Registry, push_program_image
from headgate.model.images import SIMULATED, runtime_image, simulated_image
from headgate.sandbox import network
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.toolchain import TOOLS
from headgate.stack import Model, StackName, find_stacks, load_stack
from headgate.stack.language import LanguageModel

EXAMPLES = CHECKOUT / "examples" / "models"
POLL = 0.25


def login_server(stack: str) -> str:
    """Return the login server of a platform stack's registry."""
    loaded = load_stack(StackName.parse(stack), find_stacks())
    return names.login_server(loaded.platform.organisation, loaded.name.environment)


def wait_for_registry(state: StateDir, stack: str, given_up: threading.Event) -> bool:
    """Wait until the registry of a platform stack is reachable; False when nobody needs it any more."""
    host = login_server(stack)
    while network.resolve(state, host, 443) is None:
        if given_up.wait(POLL):
            return network.resolve(state, host, 443) is not None
    return True


def push_platform_images(registry: Registry, stack: str) -> None:
    """Push the images of the platform's own workloads."""
    platform = load_stack(StackName.parse(stack), find_stacks()).platform
    gateway = (platform.gateway.image, platform.gateway.digest)
    figures = platform.cluster.pod_metrics
    asked = [(figures.image, figures.digest)] if figures else []
    for image, digest in (gateway, *platform.gate.images(), *platform.delivery.images(), *asked):
        _push_program(registry, image, digest)


def push_team_images(registry: Registry, stack: str) -> None:
    """Push the models of a team's stack, and the runtimes that serve them."""
    team = load_stack(StackName.parse(stack), find_stacks()).team
    models = ModelRegistry(registry)
    served: list[Model | LanguageModel] = [*team.models, *team.language_models]
    for model in served:
        _push_model(models, team.name, model.name, model.version, model.digest)
        _push_runtime(registry, model.runtime.image, model.runtime.digest)
    for job in team.batch:
        _push_model(models, team.name, job.model, job.version, job.digest)
        _push_runtime(registry, job.runtime.image, job.runtime.digest)
    for pipeline in team.training:
        _push_runtime(registry, pipeline.trainer.image, pipeline.trainer.digest)
    if team.retraining_receiver is not None:
        _push_program(registry, team.retraining_receiver.image, team.retraining_receiver.digest)


def _push_model(models: ModelRegistry, team: str, name: str, version: str, digest: str) -> None:
    """Push a model of the examples."""
    pushed = models.push(EXAMPLES / name, f"{team}/{name}", version)
    _same(f"model {name} {version}", pushed.digest, digest)


def _push_runtime(registry: Registry, repository: str, digest: str) -> None:
    """Push the image of a program that serves, scores or trains."""
    name = repository.rpartition("/")[2]
    image = simulated_image(name) if name.startswith(SIMULATED) else runtime_image(name)
    _same(f"runtime {repository}", image.push(registry).rpartition("@")[2], digest)


def _push_program(registry: Registry, repository: str, digest: str) -> None:
    """Push the image of a program that the sandbox runs itself."""
    name = repository.rpartition("/")[2]
    pinned = {tool.name: tool.version for tool in TOOLS}
    reference = push_program_image(registry, name, version=pinned.get(name, _own_version()), repository=repository)
    _same(f"image {repository}", reference.rpartition("@")[2], digest)


def _same(what: str, pushed: str, named: str) -> None:
    """Refuse a stack file that names other content than this checkout has."""
    if pushed != named:
        raise HeadgateError(
            f"the stack file names another {what} than this checkout holds",
            where="stacks/",
            found=named,
            expected=pushed,
            fix=f"where the change is meant, write {pushed} in the stack file that names {named}",
        )


def _own_version() -> str:
    return version("headgate")
