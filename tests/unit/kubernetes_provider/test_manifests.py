"""Manifests, read for the SDK."""

from __future__ import annotations

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.providers.kubernetes.manifests import documents_of

pytestmark = pytest.mark.unit


def test_documents_are_read_and_lists_taken_apart() -> None:
    """Empty documents are left out, a list becomes its items, and a date stays a text."""
    text = """
kind: A
metadata: {annotations: {when: 2026-01-02}}
---
---
kind: ConfigMapList
items: [{kind: B}, {kind: C}]
"""

    assert documents_of(text) == [
        {"kind": "A", "metadata": {"annotations": {"when": "2026-01-02"}}},
        {"kind": "B"},
        {"kind": "C"},
    ]


@pytest.mark.parametrize("text", ["a: [", "- a\n- b\n", "just text"])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    """The error says what was found."""
    with pytest.raises(HeadgateError, match="the manifest can't be read"):
        documents_of(text)
