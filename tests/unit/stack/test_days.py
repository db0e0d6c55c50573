"""A day in a stack file: as it is written, and as Pulumi's reader of YAML hands it to the program."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from headgate.stack.values import Day, FirstOfMonth

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("written", ["2026-01-01", "2026-01-01 00:00:00 +0000 UTC"])
def test_a_day_without_quotes_is_the_same_in_an_update_as_in_a_check(written: str) -> None:
    """`date: 2026-01-01`, as the guides and HG-SC-007 have it, is a point in time to Pulumi."""
    assert TypeAdapter(Day).validate_python(written) == "2026-01-01"
    assert TypeAdapter(FirstOfMonth).validate_python(written) == "2026-01-01"


@pytest.mark.parametrize("written", ["2026-01-31 09:30:00 +0000 UTC", "2026-01-31 00:00:00", "31.01.2026", 20260131])
def test_what_is_no_day_is_refused(written: object) -> None:
    """A time of day, or another form, is not taken for one."""
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(written)
