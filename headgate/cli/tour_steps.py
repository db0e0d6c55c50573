"""The steps of `headgate tour up`, in order: tools, sandbox, platform stack, model, team stack, smoke request.

Owns the order and nothing else: each step is a call into the part that does it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

from headgate import engine
from headgate.cli.deployments import at_work, watched
from headgate.cli.front_door import PLATFORM, require_answer, through_front_door
from headgate.cli.model_examples import prove_team_models
from headgate.cli.platform_images import login_server, push_platform_images, push_team_images, wait_for_registry
from headgate.cli.sandbox_gate import prepare_bundle, publish, wait_until_told
from headgate.engine import projects
from headgate.engine.render import rendering
from headgate.engine.standing import Standing
from headgate.errors import HeadgateError
from headgate.model import Registry
from headgate.sandbox import lifecycle, toolchain
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.smoke import SmokeResult

TEAM = "fraud-sandbox"
MODEL = "fraud-score"
SAMPLE = CHECKOUT / "examples" / "models" / MODEL / "samples.json"


@dataclass
class Result:
    """What happened: seconds a step, and the answer to the smoke request."""

    seconds: dict[str, float] = field(default_factory=dict)
    smoke: SmokeResult | None = None


def bring_up(state: StateDir, console: Console) -> Result:
    """Run every step; each is a no-op where there is nothing to do."""
    result = Result()
    state.ensure()
    with _step(console, result, "tools"):
        _tools(console)
    with _step(console, result, "sandbox"):
        lifecycle.up(state, lambda name, reached, detail: console.print(f"  {name:<32} {reached:<8} {detail}".rstrip()))
    with _step(console, result, PLATFORM):
        prepare_bundle(state, PLATFORM)
        with _registry_filled(state):
            _deploy(PLATFORM, state, console)
    with _step(console, result, "model"):
        registry = _registry(state)
        push_team_images(registry, TEAM)
        moved = prove_team_models(registry, TEAM, state, lambda text: console.print(f"  {text}", soft_wrap=True))
        wait_until_told(state, registry, moved)
    with _step(console, result, TEAM):
        _deploy(TEAM, state, console)
    with _step(console, result, "request"):
        result.smoke = _request(state)
    return result


def _tools(console: Console) -> None:
    """Build what is missing; where nothing is, a line is enough (`headgate toolchain list` has the rest)."""
    missing = [name for name in toolchain.needed() if toolchain.locate(toolchain.tool(name)).path is None]
    if not missing:
        console.print(f"  {len(toolchain.needed())} tools, none to build")
        return
    with toolchain.reporting(console) as reporter:
        toolchain.ensure(toolchain.needed(), reporter)


@contextmanager
def _step(console: Console, result: Result, name: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    console.print(f"[bold]▸ {name}[/]")
    began = time.monotonic()
    yield
    result.seconds[name] = round(time.monotonic() - began, 1)
    console.print(f"  [green]✓[/] {name} [dim]{result.seconds[name]:.1f} s[/]")


def _deploy(stack: str, state: StateDir, console: Console) -> None:
    """Deploy one stack on the protected path, unless it stands as it was last deployed."""
    standing = Standing(state, stack)
    if standing.holds():
        console.print("  unchanged since its last update (`headgate up` looks for drift)")
        return
    with at_work(stack, projects.read(CHECKOUT)), watched(stack) as steps, rendering(console) as renderer:
        update = engine.up(stack, state=state, on_event=renderer.see, on_note=renderer.note, steps=steps)
    standing.keep()
    changed = sum(count for kind, count in update.changes.items() if kind != "same")
    console.print(f"  {changed} changed, {update.changes.get('same', 0)} unchanged")


@contextmanager
def _registry_filled(state: StateDir) -> Iterator[None]:
    """Fill the platform's registry as soon as it runs, while the rest of the stack is still being made.

    The clusters' first pods ask for images, and their gates for rules and facts; in Azure a pipeline does this between
    two updates.
    """
    push = _Push(state)
    push.start()
    try:
        yield
    except HeadgateError as error:
        # What kept the registry from being filled explains better why the stack did not become ready.
        raise push.finish() or error from None
    failure = push.finish()
    if failure:
        raise failure


class _Push(threading.Thread):
    """Waits for the platform's registry; pushes the images, the signed rules, and what is known of models."""

    def __init__(self, state: StateDir) -> None:
        super().__init__(name="push", daemon=True)
        self._state = state
        self._given_up = threading.Event()
        self._failure: Exception | None = None

    def run(self) -> None:
        """Push, unless the update ends first."""
        try:
            if wait_for_registry(self._state, PLATFORM, self._given_up):
                push_platform_images(_registry(self._state), PLATFORM)
                publish(self._state, _registry(self._state))
        except Exception as error:
            self._failure = error

    def finish(self) -> Exception | None:
        """End, and return what went wrong."""
        self._given_up.set()
        self.join()
        return self._failure


def _registry(state: StateDir) -> Registry:
    return Registry(login_server(PLATFORM), sandbox_resolver(state))


def _request(state: StateDir) -> SmokeResult:
    """Ask the model through the front door, as a client would."""
    sample = json.loads(SAMPLE.read_text())[1]["request"]
    answer = through_front_door(MODEL, sample, state, patience=60)
    require_answer(answer)
    return answer
