"""The program in a sandbox of its own, driven by the real engine; what each run did to each resource."""

from __future__ import annotations

import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from benchmarks.sandboxes import beside, running
from headgate import engine
from headgate.engine import environment, repair
from headgate.engine.events import Event
from headgate.engine.process import Pulumi
from headgate.model import Registry
from headgate.plan.actions import Action, Request
from headgate.sandbox import network
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import CHECKOUT, StateDir
from whole_catalogue import content

STACK = "every"
_PROGRAM = f"""
import os, sys
sys.path[:0] = [{str(CHECKOUT)!r}, {str(CHECKOUT / "tests" / "support")!r}]
from whole_catalogue.program import Program
Program(turned=os.environ["WHOLE_CATALOGUE"] == "turned").build()
"""
Done = dict[str, set[str]]


class Whole:
    """A sandbox in which the whole catalogue can be deployed."""

    def __init__(self, folder: Path) -> None:
        """Write the project; nothing runs yet."""
        self.state = StateDir(folder / "state").ensure()
        self.project = folder / "project"
        self.project.mkdir(exist_ok=True)
        (self.project / "__main__.py").write_text(_PROGRAM)
        runtime = {"name": "python", "options": {"virtualenv": str(CHECKOUT / ".venv"), "toolchain": "pip"}}
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "whole-catalogue", "runtime": runtime}))
        if not (stack := self.project / f"Pulumi.{STACK}.yaml").exists():
            stack.write_text("config: {}\n")

    def up(self, *, turned: bool) -> Done:
        """Deploy it; return what was done to resources that did not stay as they were, by operation."""
        with beside(self._push):
            return self._run(turned, Request(Action.UPDATE, ("--skip-preview",)))

    def destroy(self) -> Done:
        """Take all of it down."""
        return self._run(True, Request(Action.DESTROY, ("--skip-preview",)))

    def _run(self, turned: bool, request: Request) -> Done:
        done: Done = defaultdict(set)

        def see(event: Event) -> None:
            if step := event.get("resourcePreEvent"):
                done[step["metadata"]["op"]].add(step["metadata"]["urn"])

        more = {"WHOLE_CATALOGUE": "turned" if turned else "first"}
        engine.up(STACK, request=request, project=self.project, state=self.state, on_event=see, more=more)
        done.pop("same", None)
        return dict(done)

    def resources(self) -> list[dict[str, Any]]:
        """Return what the state has."""
        variables = environment.prepare(self.state, project=self.project)
        pulumi = Pulumi(environment.child_environment(variables), self.project)
        found = repair.json_of(pulumi, ["stack", "export", "--stack", STACK])
        return list(((found or {}).get("deployment") or {}).get("resources") or [])

    def _push(self, ended: threading.Event) -> None:
        """Push what the program names as soon as there is a registry: the first pods ask for it."""
        while network.resolve(self.state, content.SERVER, 443) is None:
            if ended.wait(0.25):
                return
        content.push(Registry(content.SERVER, sandbox_resolver(self.state)))


@contextmanager
def whole(folder: Path) -> Iterator[Whole]:
    """Run a sandbox for it, and nothing of it afterwards."""
    made = Whole(folder)
    try:
        with running(made.state):
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
