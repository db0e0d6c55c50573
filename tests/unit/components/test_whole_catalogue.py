"""The program that deploys the whole catalogue leaves out no component and no argument (tests/sandbox runs it)."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from typing import Any
from unittest.mock import MagicMock

import pytest
from whole_catalogue.asked import PROVISIONED, REGIONS, Fixed, Table, Turned
from whole_catalogue.program import Program

from components import catalog

pytestmark = pytest.mark.unit

# Once for the platform or the team, in its first region; the rest is in each region's cluster, or in each region.
ONCE = {
    "PlatformFoundation",
    "ModelRegistry",
    "MultiRegionFailover",
    "AuditTrail",
    "MonitoringStack",
    "ModelMonitoring",
    "ServiceObjectives",
    "ManagedBatchScoring",
    "ManagedOnlineEndpoint",
    "ManagedTraining",
    "EdgeSite",
    "EdgeDeployment",
}


class Rehearsal(Program):
    """The program with nothing behind it: what it would make, and by which tables."""

    def make(self, kind: str, name: str, table: Table, place: str | None = None) -> Any:
        """Note it."""
        self.tables.append((kind, name, table))
        return MagicMock()

    def connect(self, place: str, cluster: Any) -> None:
        """Reach nothing."""

    def space(self, region: str) -> None:
        """Make nothing."""
        self.judged.setdefault(region, [])


@pytest.fixture(scope="module")
def tables() -> list[tuple[str, str, Table]]:
    """Return every component that the program makes, with the tables of its arguments."""
    # Outputs are made on the thread's loop, and an earlier test may have left it without one.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    rehearsal = Rehearsal(turned=False)
    rehearsal.build()
    # Nobody waits for them; left as they are, whichever test comes later is told of them.
    while pending := asyncio.all_tasks(loop):
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    asyncio.set_event_loop(None)
    loop.close()
    return rehearsal.tables


def arguments(kind: str) -> set[str]:
    """Return the names of all arguments that a component takes, by the contract that its constructor names."""
    module = importlib.import_module(catalog.COMPONENTS[kind])
    taken = inspect.signature(getattr(module, kind).__init__).parameters["args"].annotation
    contract = getattr(module, taken) if isinstance(taken, str) else taken
    return set(contract.__required_keys__ | contract.__optional_keys__)


def test_no_component_is_left_out(tables: list[tuple[str, str, Table]]) -> None:
    """Each of the catalogue, and of those that a region has one each."""
    made = {kind: {name for each, name, _ in tables if each == kind} for kind in catalog.COMPONENTS}
    lacking = {
        kind: region
        for kind in catalog.COMPONENTS.keys() - ONCE
        for region in (REGIONS if kind != "NodeProvisioning" else [PROVISIONED])
        if not any(name.endswith(region) for name in made[kind])
    }

    assert [kind for kind, names in made.items() if not names] == []
    assert lacking == {}


@pytest.mark.parametrize("kind", catalog.COMPONENTS)
def test_no_argument_is_left_out(tables: list[tuple[str, str, Table]], kind: str) -> None:
    """Each that the contract has is changed, or it is said why it never is."""
    stated = [set(table) for each, _, table in tables if each == kind]

    assert [names ^ arguments(kind) for names in stated] == [set() for _ in stated]


def test_what_stays_says_why(tables: list[tuple[str, str, Table]]) -> None:
    """In words; and an argument is changed to something else than it was."""
    for _, name, table in tables:
        for argument, each in table.items():
            if isinstance(each, Fixed):
                assert len(each.why.split()) > 2, (name, argument)
            elif not isinstance(each.before, MagicMock) and not isinstance(each.after, MagicMock):
                assert isinstance(each, Turned)
                assert repr(each.before) != repr(each.after), (name, argument)
