"""Previews. Plan-only ones need no back end, no credentials and no key, and touch nothing of the user's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headgate import temporary
from headgate.engine import environment, failure, projects, scratch
from headgate.engine.events import Event, errors_in, read_events
from headgate.engine.process import Pulumi
from headgate.sandbox.layout import CHECKOUT, StateDir

_PLATFORM = "platform"
# Where the program writes which line asks for which resource: `infra.sources`.
SOURCES = "HEADGATE_SOURCES"


@dataclass(frozen=True)
class Preview:
    """A preview that went well: its stack, and the file with one engine event a line.

    `sources_file` has a line for each resource that the program said the place of; a program need not.
    """

    stack: str
    events_file: Path
    sources_file: Path | None = None

    def events(self) -> Iterator[Event]:
        """Yield the engine's events, without debug messages."""
        return read_events(self.events_file)


@contextlib.contextmanager
def preview(
    stack: str,
    *,
    plan_only: bool = True,
    project: Path = CHECKOUT,
    state: StateDir | None = None,
    exported_state: Path | None = None,
    references: Mapping[str, Path] | None = None,
) -> Iterator[Preview]:
    """Preview a stack. Files live as long as the context; a preview that fails raises a HeadgateError.

    `plan_only` works on a throw-away copy: with `exported_state` it plans against that state, else from nothing.
    `references` names exported states of other stacks, of which the outputs are read that are neither secret nor
    unknown. A platform stack of which no state is given stands there without outputs: what it does not export yet,
    a team's program takes as unknown.
    """
    with temporary.folder("preview") as root:
        root.chmod(0o700)
        if plan_only:
            yield _plan_only(stack, project, root, exported_state, references or {})
        else:
            yield _live(stack, project, root, state or StateDir.from_environment())


def _plan_only(
    stack: str, project: Path, root: Path, exported_state: Path | None, references: Mapping[str, Path]
) -> Preview:
    """Preview in a throw-away copy."""
    settings = projects.read(project)
    config = settings.stack_file(stack)
    if not config.is_file():
        raise scratch.missing_stack_file(config)
    copy = scratch.Scratch(root, settings.name)
    copy.write_state(stack, scratch.exported(exported_state) if exported_state else None)
    platform = f"{_PLATFORM}-{stack.rpartition('-')[2]}"
    if stack != platform:
        copy.write_reference(platform, None)
    for name, path in references.items():
        copy.write_reference(name, scratch.exported(path))
    variables = {**environment.plan_only_variables(), **copy.variables(), "HEADGATE_PLAN_ONLY": "1"}
    arguments = ["--stack", stack, "--config-file", str(copy.write_config(config))]
    return run(stack, Pulumi(environment.child_environment(variables), project), root, arguments)


def _live(stack: str, project: Path, root: Path, state: StateDir) -> Preview:
    """Preview against the sandbox's own state, as `pulumi preview` does. The stack exists already, or is made."""
    variables = environment.prepare(state, project=project)
    pulumi = Pulumi(environment.child_environment(variables), project)
    projects.ensure_stack(pulumi, projects.read(project), state, stack)
    return run(stack, pulumi, root, ["--stack", stack])


def run(stack: str, pulumi: Pulumi, root: Path, arguments: list[str]) -> Preview:
    """Run the preview with its event stream in a file."""
    output, sources = root / "events.jsonl", root / "sources.jsonl"
    told = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1", SOURCES: str(sources)}
    streaming = {**pulumi.environment, **told}
    finished = Pulumi(streaming, pulumi.project).run(["preview", "--json", *arguments], output=output)
    if finished.interrupted:
        raise KeyboardInterrupt
    if finished.returncode:
        messages = errors_in(read_events(output)) or [finished.stderr.strip()]
        raise failure.explain(f"the preview of {stack} failed", stack, messages)
    return Preview(stack, output, sources)


def foresee(stack: str, pulumi: Pulumi, root: Path, command: Sequence[str]) -> Preview:
    """Preview another command of the engine's than an update (destroy, refresh, import); its events go to a log."""
    logging, log = {**pulumi.environment, "PULUMI_DEBUG_COMMANDS": "1"}, root / "events.jsonl"
    arguments = [*command, "--preview-only", "--stack", stack, "--event-log", str(log)]
    finished = Pulumi(logging, pulumi.project).run(arguments, output=root / "output")
    if finished.interrupted:
        raise KeyboardInterrupt
    if finished.returncode or not log.is_file():
        said = [line.removeprefix("error: ") for line in finished.stderr.splitlines() if line.startswith("error: ")]
        messages = (errors_in(read_events(log)) if log.is_file() else []) or said or [finished.stderr.strip()]
        raise failure.explain(f"the preview of this {command[0]} of {stack} failed", stack, messages)
    return Preview(stack, log)
