"""The pack by a signed bundle: the rules that were published, or an update that ends with the cause."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from headgate.cli.check_rules import rules_of_environment
from headgate.errors import HeadgateError
from headgate.gate.update import serve
from headgate.policy import archive
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key

pytestmark = pytest.mark.component

BUNDLE = Bundle.find(CHECKOUT / "policies")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the rules as they are published, and in every way in which they are not believed."""
    folder = tmp_path_factory.mktemp("published")
    private, public = ensure_rules_key(StateDir(folder / "state"))
    stranger = ensure_rules_key(StateDir(folder / "other"))[1]
    unsigned = archive.build(BUNDLE)
    signed = archive.sign(unsigned, private)
    for name, content in {"signed": signed, "unsigned": unsigned, "half": signed[: len(signed) // 2]}.items():
        (folder / name).write_bytes(content)
    (folder / "key").write_bytes(public.read_bytes())
    (folder / "stranger").write_bytes(stranger.read_bytes())
    return folder


def begun(published: Path, monkeypatch: pytest.MonkeyPatch, bundle: str, key: str) -> str:
    """Begin as the pack does; return the digest of the rules that it judges by."""
    monkeypatch.setenv("HEADGATE_RULES_BUNDLE", str(published / bundle))
    monkeypatch.setenv("HEADGATE_RULES_KEY", str(published / key) if key else "")
    with ExitStack() as closing:
        return serve._beginning(closing, serve.no_facts, rules_of_environment)().bundle.digest


def test_the_rules_are_those_of_the_signed_bundle(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the checkout holds."""
    monkeypatch.setenv("HEADGATE_POLICIES", "/nonexistent")

    assert begun(published, monkeypatch, "signed", "key") == BUNDLE.digest


@pytest.mark.parametrize(
    ("bundle", "key", "cause"),
    [
        ("unsigned", "key", "the rules bundle is not signed"),
        ("signed", "stranger", "not what was signed, or not by this key"),
        ("half", "key", "it is cut short, or no bundle"),
        ("signed", "", "believed for its signature alone"),
        ("signed", "nothing", "believed for its signature alone"),
    ],
)
def test_what_is_not_believed_ends_the_update(
    published: Path, monkeypatch: pytest.MonkeyPatch, bundle: str, key: str, cause: str
) -> None:
    """Each call of the engine is answered with the cause, and nothing is judged."""
    with pytest.raises(HeadgateError, match=cause) as caught:
        begun(published, monkeypatch, bundle, key)

    assert "so nothing was judged" in caught.value.what
