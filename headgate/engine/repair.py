"""Makes a stack ready for an update after a crash: dead lock cleared, pending operations settled."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headgate import temporary
from headgate.engine import cut_off, environment, failure, identity, locks, pending, projects, provider_client
from headgate.engine.locks import Lock
from headgate.engine.pending import Settled
from headgate.engine.process import Pulumi
from headgate.engine.projects import Project
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path


@dataclass(frozen=True)
class Repaired:
    """What was done. Nothing of it, most of the time."""

    cleared: tuple[Lock, ...] = ()
    settled: Settled = field(default_factory=Settled)

    def notes(self) -> Iterator[str]:
        """Tell it, a line each."""
        for lock in self.cleared:
            yield f"cleared the lock of an update that was killed ({lock})"
        for verb, urns in (
            ("kept, since its creation had gone through", self.settled.kept),
            ("forgot, since its creation had not gone through", self.settled.forgotten),
            ("asked the provider for the state of", self.settled.refreshed),
        ):
            for urn in urns:
                yield f"{verb}: {urn.rpartition('::')[2]} ({urn.split('::')[2].rpartition('$')[2]})"


def repair(pulumi: Pulumi, project: Project, state: StateDir, stack: str) -> Repaired:
    """Repair a stack. A lock that lives is an error; everything else is put right."""
    cleared = locks.clear_dead(state.pulumi_backend, project.name, stack)
    if not pending.has_pending(projects.stack_state(state, project, stack)) and not cut_off.recall(state, stack):
        return Repaired(tuple(cleared))
    exported = _export(pulumi, stack)
    more = cut_off.unsettled(state, stack, exported["deployment"])
    deployment = _with_pending(exported["deployment"], more)
    with ExitStack() as plugins:
        clear = _with_pending(_export(pulumi, stack, secrets=True)["deployment"], more)
        asking = _Asking(pulumi, environment.home(state), clear, plugins)
        repaired, settled = pending.settle(deployment, asking.existing_id)
    _import(pulumi, stack, {**exported, "deployment": repaired})
    cut_off.forget(state, stack)
    if settled.to_refresh:
        _refresh(pulumi, stack, settled.to_refresh)
    return Repaired(tuple(cleared), settled)


def _with_pending(deployment: Mapping[str, Any], more: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a deployment with more pending operations."""
    return {**deployment, "pending_operations": [*(deployment.get("pending_operations") or []), *more]}


class _Asking:
    """Asks providers, each started once. Holds the state with secrets in clear: in memory, for as long as it asks."""

    def __init__(self, pulumi: Pulumi, home: Path, clear: Mapping[str, Any], plugins: ExitStack) -> None:
        self._pulumi = pulumi
        self._home = home
        self._plugins = plugins
        self._clients: dict[str, provider_client.ProviderClient | None] = {}
        self._resources = {f"{each['urn']}::{each.get('id', '')}": each for each in clear.get("resources") or []}
        self._pending = {each["resource"]["urn"]: each["resource"] for each in clear["pending_operations"]}

    def existing_id(self, resource: Mapping[str, Any]) -> str | None:
        """Return the id under which a provider has a resource."""
        clear = plain(self._pending[resource["urn"]].get("inputs") or {})
        ids = identity.candidates(resource["type"], clear)
        client = self._client(resource) if ids else None
        if client is None:
            return None
        return next((each for each in ids if client.exists(resource["urn"], each, clear)), None)

    def _client(self, resource: Mapping[str, Any]) -> provider_client.ProviderClient | None:
        """Return the resource's provider, started and configured as the state says."""
        reference = str(resource.get("provider", ""))
        if reference not in self._clients:
            configuration = plain((self._resources.get(reference) or {}).get("inputs") or {})
            executable = provider_client.executable(self._home, resource["type"].partition(":")[0])
            self._clients[reference] = (
                self._plugins.enter_context(
                    provider_client.running(executable, configuration, self._pulumi.environment)
                )
                if executable
                else None
            )
        return self._clients[reference]


def plain(value: Any) -> Any:
    """Return a document of the state with its decrypted secrets as plain values."""
    if isinstance(value, dict):
        if "plaintext" in value and len(value) <= 3:
            return json.loads(value["plaintext"])
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def _export(pulumi: Pulumi, stack: str, *, secrets: bool = False) -> dict[str, Any]:
    """Return the stack's deployment. Read from a pipe: with secrets, it must not touch the disk."""
    clear = ["--show-secrets"] if secrets else []
    finished = run(pulumi, ["stack", "export", "--stack", stack, *clear])
    if finished.returncode:
        raise failure.explain(f"the state of {stack} can't be read", stack, [finished.stderr.strip()])
    deployment: dict[str, Any] = json.loads(finished.stdout)
    return deployment


def _import(pulumi: Pulumi, stack: str, deployment: Mapping[str, Any]) -> None:
    """Write the stack's deployment."""
    finished = run(pulumi, ["stack", "import", "--stack", stack], text=json.dumps(deployment))
    if finished.returncode:
        raise failure.explain(f"the state of {stack} can't be repaired", stack, [finished.stderr.strip()])


def _refresh(pulumi: Pulumi, stack: str, urns: Sequence[str]) -> None:
    """Have the engine read resources from their providers."""
    targets = [argument for urn in urns for argument in ("--target", urn)]
    with temporary.folder("refresh") as folder:
        finished = pulumi.run(["refresh", "--yes", "--skip-preview", "--stack", stack, *targets], output=folder / "out")
        if finished.returncode:
            raise failure.explain(f"{stack} can't be refreshed", stack, [finished.text(), finished.stderr])


def json_of(pulumi: Pulumi, arguments: Sequence[str]) -> Any:
    """Return what a short command prints as JSON; None where it fails. Never touches the disk."""
    finished = run(pulumi, arguments)
    try:
        return json.loads(finished.stdout) if finished.returncode == 0 else None
    except ValueError:
        return None


def run(pulumi: Pulumi, arguments: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a short command of the CLI with its output in memory."""
    return subprocess.run(
        [tool_path("pulumi"), "--non-interactive", "--color=never", *arguments],
        cwd=pulumi.project,
        env=dict(pulumi.environment),
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
