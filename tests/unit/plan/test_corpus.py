"""A corpus of odd inputs, each with what comes of it: every resource that is in it, or an error that says why.

`corpus/<kind>/` has them, by what they are handed over as; `corpus/expected.yaml` says what each comes to. Those called
`hypothesis-…` were found by `test_fuzz` and made as small as they go: what it finds next belongs beside them.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from headgate.errors import HeadgateError
from headgate.plan import load
from headgate.plan.view import View

pytestmark = pytest.mark.unit

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, Any] = yaml.safe_load((CORPUS / "expected.yaml").read_text(encoding="utf-8"))
READERS: dict[str, Callable[[str], View]] = {
    "preview": load.plan,
    "stream": load.plan,
    "event-log": load.event_log,
    "state": load.state,
    "saved-plan": load.plan,
    "review": lambda path: load.manifest_files([path]),
    "manifests": lambda path: load.manifest_files([path]),
    "kustomize": lambda path: load.manifest_files([path]),
    "stdin": lambda _path: load.manifest_files(["-"]),
}


def test_every_input_of_the_corpus_says_what_comes_of_it() -> None:
    """And nothing is expected of a file that is not there."""
    assert sorted(str(file.relative_to(CORPUS)) for file in CORPUS.glob("*/*.*")) == sorted(EXPECTED)
    assert {name.partition("/")[0] for name in EXPECTED} == set(READERS)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_odd_input_comes_to_all_its_resources_or_to_a_clear_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other exception, nothing left out, and what is seen is JSON."""
    file = CORPUS / name
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(file.read_bytes())))
    read = partial(READERS[name.partition("/")[0]], str(file))
    if isinstance(EXPECTED[name], dict):
        with pytest.raises(HeadgateError) as caught:
            read()
        error = caught.value
        assert {"error": error.what, "found": " ".join(str(error.found).split())} == EXPECTED[name]
        assert (error.expected != "", int(error.exit_code)) == (True, 2)
        return
    seen = read().as_json()

    assert [f"{each['operation']} {each['namespace']}/{each['name']}" for each in seen] == EXPECTED[name]
    assert json.loads(json.dumps(seen)) == seen
