"""Saved plans on the protected path: made under the policy pack, with the secrets that their digest needs opened.

A plan is written to a private folder, with its secrets sealed. They are opened by the CLI itself, so that every secrets
provider works, and only ever in memory.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headgate import temporary
from headgate.engine import environment, failure, orphan, projects, repair
from headgate.engine.preview import Preview, foresee
from headgate.engine.preview import run as run_preview
from headgate.engine.process import Pulumi
from headgate.errors import HeadgateError
from headgate.plan.actions import Request
from headgate.sandbox.layout import CHECKOUT, StateDir

_KEY_BYTES = 32
_ENTRY = "headgate:sealed"


@dataclass(frozen=True)
class SavedPlan:
    """A plan, the events of its preview, and the state that it was made against."""

    preview: Preview
    file: Path
    document: Mapping[str, Any]
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Planner:
    """Plans one stack, and opens what its secrets provider has sealed."""

    stack: str
    project: projects.Project
    pulumi: Pulumi
    state: StateDir

    @classmethod
    def of(cls, stack: str, project: Path = CHECKOUT, state: StateDir | None = None) -> Planner:
        """Return the planner of a stack, which is made if it is new, and repaired if an update of it was killed."""
        state = state or StateDir.from_environment()
        settings = projects.read(project)
        pulumi = Pulumi(environment.child_environment(environment.prepare(state, project=project)), project)
        projects.ensure_stack(pulumi, settings, state, stack)
        return cls(stack, settings, pulumi, state)

    def repair(self) -> tuple[str, ...]:
        """Settle what a killed update left, and tell it."""
        notes: list[str] = []
        orphan.end(self.state, self.stack, notes.append)
        return (*notes, *repair.repair(self.pulumi, self.project, self.state, self.stack).notes())

    @contextlib.contextmanager
    def plan(self) -> Iterator[SavedPlan]:
        """Make a plan; its files live as long as the context."""
        with temporary.folder("plan") as root:
            root.chmod(0o700)
            file = root / "plan.json"
            arguments = ["--stack", self.stack, "--save-plan", str(file)]
            made = run_preview(self.stack, self.pulumi, root, arguments)
            try:
                document = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise failure.explain(f"the plan of {self.stack} can't be read", self.stack, [str(error)]) from error
            yield SavedPlan(made, file, document, self.exported())

    @contextlib.contextmanager
    def foresee(self, request: Request) -> Iterator[SavedPlan]:
        """Preview what is no update. The engine saves no plan of it: its events stand for one."""
        with temporary.folder("plan") as root:
            root.chmod(0o700)
            # Read first: a state that moves meanwhile is then another than the one that is run on.
            exported = self.exported()
            made = foresee(self.stack, self.pulumi, root, request.command)
            yield SavedPlan(made, made.events_file, {}, exported)

    def exported(self) -> dict[str, Any]:
        """Return the stack's state."""
        found = repair.json_of(self.pulumi, ["stack", "export", "--stack", self.stack])
        if not isinstance(found, dict):
            raise failure.explain(f"the state of {self.stack} can't be read", self.stack, ["no export"])
        return found

    def open(self, ciphertexts: Sequence[str]) -> dict[str, str]:
        """Return what is sealed, by ciphertext; what the provider can't open is left out."""
        if not ciphertexts:
            return {}
        names = {f"{_ENTRY}{index}": text for index, text in enumerate(ciphertexts)}
        with self._config({name: {"secure": text} for name, text in names.items()}) as file:
            shown = repair.json_of(self.pulumi, ["config", "--show-secrets", "--json", *self._with(file)])
        found = shown if isinstance(shown, dict) else {}
        return {
            text: found[name]["value"]
            for name, text in names.items()
            if isinstance(found.get(name), dict) and isinstance(found[name].get("value"), str)
        }

    def seal(self, value: str) -> str:
        """Return a value as the stack's secrets provider seals it."""
        with self._config({}) as file:
            done = repair.run(self.pulumi, ["config", "set", "--secret", _ENTRY, *self._with(file)], text=value)
            if done.returncode:
                raise failure.explain("a secret can't be sealed", self.stack, [done.stderr.strip()])
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        try:
            return str(content["config"][_ENTRY]["secure"])
        except (KeyError, TypeError) as error:
            raise failure.explain("a secret can't be sealed", self.stack, ["the CLI left no ciphertext"]) from error

    def new_key(self) -> str:
        """Return a new key of the hashes of secrets, sealed."""
        return self.seal(secrets.token_hex(_KEY_BYTES))

    def open_key(self, sealed: str) -> bytes:
        """Return the key."""
        text = self.open([sealed]).get(sealed, "")
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise _no_key(self.stack) from error

    def _with(self, file: Path) -> list[str]:
        return ["--stack", self.stack, "--config-file", str(file)]

    @contextlib.contextmanager
    def _config(self, entries: Mapping[str, Any]) -> Iterator[Path]:
        """Lend a stack file with these entries alone, under the stack's own secrets provider."""
        own = yaml.safe_load(self.project.stack_file(self.stack).read_text(encoding="utf-8")) or {}
        with temporary.folder("sealed") as folder:
            file = folder / f"Pulumi.{self.stack}.yaml"
            kept = {key: value for key, value in own.items() if key != "config"}
            file.write_text(yaml.safe_dump({**kept, "config": dict(entries)}), encoding="utf-8")
            yield file


def _no_key(stack: str) -> HeadgateError:
    return HeadgateError(
        "the key of the plan's digest can't be opened",
        where=stack,
        found="a ciphertext that the stack's secrets provider does not open",
        expected="the secrets provider under which the first plan of this stack was made",
        fix="plan where the stack's secrets can be read; after a change of provider remove the `key` beside the plans",
    )
