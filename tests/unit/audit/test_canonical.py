"""Canonical JSON: one form per value, and nothing read that has two meanings."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from headgate.audit.canonical import canonical, parse

pytestmark = pytest.mark.unit

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_is_what_the_reference_implementation_yields(value: Any) -> None:
    """The fast path never differs from RFC 8785, whatever the value."""
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
def test_a_canonical_document_reads_back_and_stays_the_same(value: Any) -> None:
    """Canonical form is a fixed point."""
    assert canonical(parse(canonical(value))) == canonical(value)


def test_keys_sort_by_utf16_units() -> None:
    """A key beyond the basic plane sorts before U+FF00, unlike its code point."""
    assert canonical({"＀": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"＀":1}'.encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1,"a":2}', "key 'a' occurs twice"),
        ('{"a":NaN}', "NaN is not JSON"),
        ('{"a":', "column 6: Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8 at byte 0"),
    ],
)
def test_ambiguous_or_broken_json_is_refused(text: str | bytes, reason: str) -> None:
    """Each refusal says what is wrong."""
    with pytest.raises(ValueError, match=reason):
        parse(text)


@pytest.mark.parametrize("value", [2**53, float("inf"), "\ud800", {1: 2}, object()])
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    """Nothing is silently rounded, replaced or stringified."""
    with pytest.raises((ValueError, TypeError)):
        canonical(value)


def test_plain_documents_take_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents without floats and exotic keys never reach the slow encoder."""
    monkeypatch.setattr(rfc8785, "dumps", lambda _: pytest.fail("slow path"))

    assert json.loads(canonical({"a": [1, "é", None, True]})) == {"a": [1, "é", None, True]}
