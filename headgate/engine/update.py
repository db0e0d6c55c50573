"""The engine's work on a stack: repair, then `pulumi up` with the policy pack, its events handed on as they come.

A destroy, a refresh and an import go the same way. The engine asks no policy pack about them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headgate.engine import cut_off, environment, failure, orphan, projects, repair
from headgate.engine.cut_off import CutOff
from headgate.engine.events import Event, told
from headgate.engine.follow import Follower
from headgate.engine.process import Finished, Pulumi
from headgate.engine.redact import Redactor, secret_values
from headgate.engine.steps import Steps
from headgate.errors import HeadgateError
from headgate.plan.actions import UPDATE, Request
from headgate.sandbox.layout import CHECKOUT, StateDir


@dataclass(frozen=True)
class Update:
    """An update that went well."""

    stack: str
    changes: Mapping[str, int]
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass
class _Watch:
    """What an update's events tell about its end, and who else wants them."""

    hand_on: Callable[[Event], None]
    errors: dict[str, None] = field(default_factory=dict)
    denials: dict[str, None] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0
    cut_off: CutOff = field(default_factory=CutOff)
    steps: Steps = field(default_factory=Steps)

    def see(self, event: Event) -> None:
        """Take in one event."""
        self.cut_off.see(event)
        self.steps.see(event)
        diagnostic = event.get("diagnosticEvent")
        if diagnostic and diagnostic.get("severity") == "error":
            self.errors.setdefault(told(diagnostic), None)
        violation = event.get("policyEvent")
        if violation and violation.get("enforcementLevel") == "mandatory":
            self.denials.setdefault(_denial(violation), None)
        summary = event.get("summaryEvent")
        if summary:
            self.changes = dict(summary.get("resourceChanges") or {})
            self.seconds = float(summary.get("durationSeconds") or 0)
        self.hand_on(event)


def up(
    stack: str,
    *,
    request: Request = UPDATE,
    project: Path = CHECKOUT,
    state: StateDir | None = None,
    on_event: Callable[[Event], None] = lambda _event: None,
    on_note: Callable[[str], None] = lambda _note: None,
    arguments: tuple[str, ...] = (),
    steps: Steps | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Update:
    """Deploy a stack: clear a dead lock, settle what a killed update left, preview, update.

    `request` is another thing to do in place of the update, `more` are variables for the engine and what it starts;
    `steps` is told what becomes of each resource, whatever the end.
    A failure raises a HeadgateError with the engine's own messages, secrets masked; a refusal by policy one with exit
    code 1. On Ctrl-C the engine finishes what is under way, then KeyboardInterrupt is raised.
    """
    state = state or StateDir.from_environment()
    settings = projects.read(project)
    variables = {**environment.prepare(state, project=project), **more, "PULUMI_DEBUG_COMMANDS": "1"}
    pulumi = Pulumi(environment.child_environment(variables), project)
    projects.ensure_stack(pulumi, settings, state, stack)
    orphan.end(state, stack, on_note)
    notes = tuple(repair.repair(pulumi, settings, state, stack).notes())
    for note in notes:
        on_note(note)
    watch = _Watch(on_event, steps=steps or Steps())
    command = [*request.command, "--yes", "--stack", stack, *arguments]
    try:
        about = {"action": str(request.action), **watch.steps.about}
        with orphan.folder(state, stack, about) as folder:
            finished = _run(pulumi, command, watch, folder, lambda pid: orphan.remember(state, stack, pid))
    finally:
        orphan.forget(state, stack)
        cut_off.remember(state, stack, watch.cut_off.operations())
    redact = redactor(pulumi, stack) if finished.interrupted or finished.returncode else Redactor()
    watch.steps.mask(redact)
    if finished.interrupted:
        again = f"headgate {request.command[0]} -s {stack}"
        on_note(f"interrupted; the state is that of the last finished step: {again} goes on from there")
        raise KeyboardInterrupt
    if finished.returncode:
        raise _error(redact, stack, watch, request)
    return Update(stack, watch.changes, watch.seconds, notes)


def _run(
    pulumi: Pulumi, arguments: list[str], watch: _Watch, folder: Path, on_start: Callable[[int], None]
) -> Finished:
    """Run the update with its event log followed."""
    log = folder / orphan.EVENTS
    follower = Follower(log, watch.see)
    arguments = [*arguments, "--event-log", str(log)]
    finished = pulumi.run(arguments, output=folder / "output", tick=follower.poll, on_start=on_start)
    follower.poll()
    if not watch.errors and finished.returncode:
        # An engine that fails before its first event says why on its output alone.
        lines = [*finished.text().splitlines(), *finished.stderr.splitlines()]
        causes = [line.removeprefix("error: ") for line in lines if line.startswith("error:")]
        watch.errors.update(dict.fromkeys(causes or [finished.stderr.strip()]))
    return finished


def _error(redact: Redactor, stack: str, watch: _Watch, request: Request) -> HeadgateError:
    """Return the error of a failed update, without secrets."""
    if watch.denials:
        return failure.denied(stack, [redact(each) for each in watch.denials])
    return failure.explain(f"the {request.action} of {stack} failed", stack, [redact(each) for each in watch.errors])


def redactor(pulumi: Pulumi, stack: str) -> Redactor:
    """Return what masks the secrets of a stack's configuration and state, as far as they can be had."""
    values: list[str] = []
    for arguments in (["stack", "export", "--show-secrets"], ["config", "--show-secrets", "--json"]):
        document = repair.json_of(pulumi, [*arguments, "--stack", stack])
        values += secret_values(document)
        values += _config_secrets(document)
    return Redactor(values)


def _config_secrets(document: Any) -> list[str]:
    """Return the values that `pulumi config --json` marks as secret."""
    if not isinstance(document, dict):
        return []
    rows = [each for each in document.values() if isinstance(each, dict)]
    return [row["value"] for row in rows if row.get("secret") is True and isinstance(row.get("value"), str)]


def _denial(violation: Mapping[str, Any]) -> str:
    """Return a policy violation: the resource's name, the rule, the message."""
    name = str(violation.get("resourceUrn", "")).rpartition("::")[2]
    text = str(violation.get("message", "")).strip()
    return ": ".join(part for part in (name, str(violation.get("policyName", "")), text) if part)
