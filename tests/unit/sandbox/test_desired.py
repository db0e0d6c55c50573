"""What shall run is remembered, and a damaged memory is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.process import ProcessSpec, RegionSpec, TcpProbe
from headgate.sandbox.supervisor.desired import Desired

pytestmark = pytest.mark.unit

SPEC = ProcessSpec("registry", ("registry",), env={"TOKEN": "t"}, ready=TcpProbe("127.0.0.1:{port:http}"))


def test_what_is_wanted_is_remembered(tmp_path: Path) -> None:
    """Processes, regions and the regions' numbers come back."""
    first = Desired(tmp_path / "desired.json")
    first.put_process(SPEC)
    first.put_region(RegionSpec("east", "uaenorth"))
    first.put_region(RegionSpec("west", "westeurope"))

    second = Desired(tmp_path / "desired.json")
    assert second.processes == {"registry": SPEC}
    assert second.regions == {"east": RegionSpec("east", "uaenorth"), "west": RegionSpec("west", "westeurope")}
    assert [second.number("east"), second.number("west")] == [1, 2]


def test_what_is_dropped_is_forgotten(tmp_path: Path) -> None:
    """A dropped region's number is given to the next one."""
    desired = Desired(tmp_path / "desired.json")
    desired.put_process(SPEC)
    for cluster in ("east", "west"):
        desired.put_region(RegionSpec(cluster, cluster))
    desired.drop_processes(["registry", "unknown"])
    desired.drop_region("east")
    desired.put_region(RegionSpec("north", "norwayeast"))

    again = Desired(tmp_path / "desired.json")
    assert again.processes == {}
    assert {name: again.number(name) for name in again.regions} == {"west": 2, "north": 1}


def test_the_file_may_hold_tokens_and_is_private(tmp_path: Path) -> None:
    """Environments are in it."""
    Desired(tmp_path / "desired.json").put_process(SPEC)

    assert (tmp_path / "desired.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"processes": {}}', '{"processes": {"a": {}}, "regions": {}}'])
def test_a_damaged_file_is_an_error_with_a_way_out(tmp_path: Path, content: str) -> None:
    """An empty sandbox must not be brought up in place of one that can't be read."""
    (tmp_path / "desired.json").write_text(content)

    with pytest.raises(HeadgateError) as caught:
        Desired(tmp_path / "desired.json")
    assert caught.value.fix == "headgate sandbox reset, then make up"
