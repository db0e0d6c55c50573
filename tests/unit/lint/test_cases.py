"""The components' cases, as `make lint` judges them."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.catalog import COMPONENTS
from lint.cases import CASES, written
from lint.checkov import unjudged
from lint.manifests import manifests

pytestmark = pytest.mark.unit


def test_every_component_is_judged_in_every_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also those that no stack has; read from the files and from the cache alike."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = written()

    assert sorted(found) == sorted(f"{name}.{case}" for name in COMPONENTS for case in CASES)
    assert all(found.values())
    assert {each.label for each in manifests(found["MetricsAdapter.max"])} >= {
        "Deployment headgate-metrics/prometheus-adapter"
    }
    assert written() == found


def test_a_template_that_checkov_left_out_is_told() -> None:
    """Unless it knows no check for anything in it; where it judged nothing at all, every one is told."""
    vault, other = {"type": "A/vaults", "name": "v"}, {"type": "A/others", "name": "o"}
    templates = {each: {"resources": has} for each, has in (("a", [vault]), ("b", [vault, other]), ("c", [other]))}
    result = {"file_path": "/a.json", "resource": "A/vaults.v"}

    assert unjudged(templates, [result]) == ["b"]
    assert unjudged(templates, []) == ["a", "b", "c"]
