"""Rules of another version are told before a platform whose gates would pull them."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from stack_folder import Stacks

from headgate.cli import policy_bundle
from headgate.cli.gate_bundle import require_rules_of_this_version
from headgate.errors import HeadgateError
from headgate.model.errors import RegistryError
from headgate.policy import archive

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "c" * 64
KEY = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
BUNDLE = f"    gate:\n      bundle:\n        digest: {DIGEST}\n        key: |\n{indent(KEY, ' ' * 10)}"


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """Make a project whose platform names signed rules for its gates."""
    found = Stacks(tmp_path / "stacks")
    found.edit("Pulumi.platform-dev.yaml", "    gateway:\n", f"{BUNDLE}    gateway:\n")
    (tmp_path / "Pulumi.yaml").write_text("name: headgate\n")
    monkeypatch.chdir(tmp_path)
    return found


def holds(monkeypatch: pytest.MonkeyPatch, found: bytes | Exception) -> list[str]:
    """Have the registry answer so; what is asked of it is in the list."""
    asked: list[str] = []

    def content_of(what: str) -> bytes:
        asked.append(what)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(policy_bundle, "content_of", content_of)
    return asked


def of_roots(*names: str) -> bytes:
    """Return an archive that says that it brings these."""
    return archive.of_data({name: {} for name in names}, "sha256:r")


@pytest.mark.usefixtures("stacks")
def test_rules_of_this_version_are_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by the digest that the stack names; more than what is asked for does no harm."""
    asked = holds(monkeypatch, of_roots(*archive.ROOTS, "more"))

    require_rules_of_this_version("platform-dev")

    assert asked == [f"hgplatformdev.azurecr.io/policy/rules@{DIGEST}"]


@pytest.mark.usefixtures("stacks")
@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            of_roots(*(set(archive.ROOTS) - {"system/health"})),
            "rules without system/health: they are of another version",
        ),
        (RegistryError("not there", status=404), "nothing under that digest"),
    ],
)
def test_rules_that_are_not_published_yet_are_named_with_what_comes_first(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception, found: str
) -> None:
    """Before anything is made, with the exit code of what could not be judged."""
    holds(monkeypatch, answer)

    with pytest.raises(HeadgateError) as caught:
        require_rules_of_this_version("platform-dev")

    assert (caught.value.found, int(caught.value.exit_code)) == (found, 2)
    assert "publish the rules of this version first" in str(caught.value.fix)


@pytest.mark.usefixtures("stacks")
def test_a_registry_that_is_not_reached_is_left_to_the_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first update makes it, and not every job reaches it."""
    asked = holds(monkeypatch, RegistryError("away"))

    require_rules_of_this_version("platform-dev")

    assert asked


def test_other_stacks_and_gates_with_files_are_asked_for_nothing(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team's, one of another project, and a platform whose update brings the rules along."""
    asked = holds(monkeypatch, b"")
    stacks.edit("Pulumi.platform-dev.yaml", BUNDLE, "")

    for stack in ("platform-dev", "platform-elsewhere", "fraud-dev", "demo"):
        require_rules_of_this_version(stack)

    assert asked == []
