"""The components' pages: their examples run, and their tables say what a reader must know."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit
CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def pages() -> Any:
    """Return the module that writes the pages; it belongs to the script docs/generate.py."""
    sys.path.insert(0, str(CHECKOUT / "docs"))
    try:
        from catalogue import pages as module
    finally:
        sys.path.pop(0)
    return module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Days: 30 to 730; 365 by default.", ("365", "Days: 30 to 730.")),
        ("Spread it; on by default, off where it can't be.", ("on", "Spread it, off where it can't be.")),
        ("Pool with GPUs, tainted; none by default.", ("none", "Pool with GPUs, tainted.")),
        ("Name of the link.", ("", "Name of the link.")),
    ],
)  # fmt: skip
def test_a_default_is_read_off_the_description(pages: Any, text: str, expected: tuple[str, str]) -> None:
    """It gets a column of its own, and the rest stays a sentence."""
    assert pages.split_default(text) == expected


def test_names_follow_from_the_components_own(pages: Any) -> None:
    """Files in snake case, pages with hyphens, fields as Python has them."""
    assert (pages.file_name("AdmissionGate"), pages.page_path("AdmissionGate")) == (
        "admission_gate",
        "docs/components/admission-gate.md",
    )
    assert [pages.python_name(name) for name in ("minReplicas", "opaImage", "host")] == [
        "min_replicas",
        "opa_image",
        "host",
    ]
