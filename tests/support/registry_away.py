"""A platform's registry that is away, for longer than what it said of models counts.

Nobody waits a quarter of an hour for that: the gates hear an edition, signed as any other, that has seconds left. Who
publishes is held still from before that until the registry is gone, for it would put a newer one in its place.
"""

from __future__ import annotations

import datetime
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models_of_a_platform import SERVER
from running_platform import RunningPlatform, eventually

from headgate.cli.sandbox_gate import _heard
from headgate.gate.published import COUNTS
from headgate.model import Registry
from headgate.model.proofs.statement import now, written
from headgate.policy import archive, remote
from headgate.sandbox.azure.counterparts.container_registry import facts_process, process_name
from headgate.sandbox.control import Control
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor.desired import Desired

_LEFT = datetime.timedelta(seconds=8)
_NAME = SERVER.partition(".")[0]


@contextmanager
def registry_away(platform: RunningPlatform) -> Iterator[None]:
    """Have the registry be gone, and what it said run out soon; afterwards it is there again, and no more is done."""
    state = StateDir(platform.state)
    control, name = Control(state), process_name(_NAME)
    spec = Desired(state.supervisor / "desired.json").processes[name]
    try:
        with _held_still(platform):
            serial = _last_word(state)
            clusters = [each.cluster for each in control.regions()]
            eventually(lambda: all(_heard(state, each) == serial for each in clusters), "the gates have heard it", 30)
            control.stop_process(name)
        yield
    finally:
        control.ensure_process(spec)


@contextmanager
def _held_still(platform: RunningPlatform) -> Iterator[None]:
    """Stop the process that publishes, without ending it."""
    pid = int(platform.processes()[facts_process(_NAME)]["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _last_word(state: StateDir) -> int:
    """Publish what is known now as if it had been said almost too long ago, and return its serial."""
    registry = Registry(SERVER, sandbox_resolver(state))
    at = now() - COUNTS + _LEFT
    serial = int(at.timestamp() * 1000)
    known = remote.facts_of_now(registry)
    assert known is not None
    facts = known | {"serial": serial, "at": written(at), "until": written(at + COUNTS)}
    content = archive.sign(archive.of_data({"facts": facts}, f"facts {serial}"), Path(state.facts_key))
    remote.push_facts(registry, content)
    return serial
