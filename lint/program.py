"""Runs a Pulumi program against a cloud in memory, and records every registration: no engine, no plugin, no process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime import settings as runtime_settings

from lint.cloud import MemoryCloud, plain
from lint.loops import ProgramLoops

PROJECT = "headgate"
_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Registration:
    """One resource, as the program registered it; `uses` are those that it depends on, by URN."""

    urn: str
    type: str
    name: str
    parent: str
    provider: str
    inputs: dict[str, Any]
    uses: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Return the last word of the type."""
        return self.type.rpartition(":")[2]


@dataclass
class Run:
    """What a program registered, in order, and what it exports."""

    registrations: list[Registration] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)


class _Monitor(mocks.MockMonitor):
    """Keeps of each registration what the mocks' own record drops."""

    def __init__(self, cloud: MemoryCloud, run: Run) -> None:
        super().__init__(cloud)
        self._run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the protocol's name
        """Record what is no stack, then answer."""
        answer: Any = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != _STACK:
            parent = "" if request.parent.split("::")[2:3] == [_STACK] else request.parent
            inputs = plain(rpc.deserialize_properties(request.object))
            self._run.registrations.append(
                Registration(answer.urn, request.type, request.name, parent, request.provider, inputs, _uses(request))
            )
        return answer


def _uses(request: Any) -> list[str]:
    """Return what a registration depends on, by URN."""
    named = {urn for each in request.propertyDependencies.values() for urn in each.urns}
    return sorted(named | set(request.dependencies))


def run(
    program: Callable[[], Mapping[str, Any]],
    *,
    stack: str = "platform-prod",
    references: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """Run a program that returns its exports."""
    result = Run()
    cloud = MemoryCloud(references)
    with ProgramLoops():
        mocks.set_mocks(cloud, project=PROJECT, stack=stack, preview=False, monitor=_Monitor(cloud, result))

        @pulumi.runtime.test  # type: ignore[untyped-decorator]
        def everything() -> pulumi.Output[None]:
            return pulumi.Output.from_input(dict(program())).apply(
                lambda exports: result.exports.update(plain(exports))
            )

        try:
            everything()
        finally:
            runtime_settings.reset_options()
    result.registrations.sort(key=lambda each: each.urn)
    return result
