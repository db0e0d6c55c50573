"""The protected path by a signed bundle: who approves is said by what was published, and by nothing of the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from headgate.policy import archive
from headgate.policy.bundle import Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key

from .conftest import STACK, Waiting, git

pytestmark = pytest.mark.component


@pytest.fixture
def published(waiting: Waiting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Publish the rules with their approvers and tell the shell; in the checkout Dina alone approves."""
    private, public = ensure_rules_key(StateDir(tmp_path / "state"))
    bundle = tmp_path / "rules.tar.gz"
    bundle.write_bytes(archive.sign(archive.build(Bundle.find(waiting.project / "policies")), private))
    register = waiting.project / "policies" / "approvers.yaml"
    document = yaml.safe_load(register.read_text())
    document["approvers"] = [each for each in document["approvers"] if each["name"] == "dina"]
    register.write_text(yaml.safe_dump(document))
    git(waiting.project, "commit", "--quiet", "--all", "--message=mine")
    monkeypatch.setenv("HEADGATE_RULES_BUNDLE", str(bundle))
    monkeypatch.setenv("HEADGATE_RULES_KEY", str(public))
    return bundle


def test_who_approves_is_the_signed_bundle_s_to_say(waiting: Waiting, published: Path) -> None:
    """Whatever the branches say, and whoever could push to them."""
    waiting.keep()
    amina, badr = waiting.approve("amina"), waiting.approve("badr")

    assert (amina[0], badr[0], badr[1]["people"]) == (3, 0, ["amina", "badr"])


def test_what_can_not_be_believed_ends_it(
    waiting: Waiting, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by another, without a key, cut short, or beside a branch: exit code 2 and the cause, nothing is signed."""
    waiting.keep()
    _, stranger = ensure_rules_key(StateDir(tmp_path / "other"))
    whole = published.read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    found = {}
    for name, value, more in (
        ("HEADGATE_RULES_KEY", str(stranger), ()),
        ("HEADGATE_RULES_KEY", "", ()),
        ("HEADGATE_RULES_BUNDLE", str(tmp_path / "half.tar.gz"), ()),
        ("HEADGATE_RULES_BUNDLE", str(published), ("--target", "main")),
    ):
        with monkeypatch.context() as shell:
            shell.setenv(name, value)
            code, error = waiting.approve("amina", *more)
            found[error.what] = code

    assert found == {
        "the rules bundle is not what was signed, or not by this key, so nothing was judged": 2,
        "a rules bundle is believed for its signature alone, so nothing was judged": 2,
        "the rules bundle can't be read: it is cut short, or no bundle, so nothing was judged": 2,
        "the rules of a branch and a signed bundle are both named, and they may differ, so nothing was judged": 2,
    }
    assert waiting.run("approvals")[1]["approvals"] == []
    assert waiting.store.plan(STACK, waiting.store.latest(STACK) or "") is not None
