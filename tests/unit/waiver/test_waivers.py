"""Waivers: which count, which do not and why; what the files and keys refuse."""

from __future__ import annotations

import datetime
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from decisions import rule

from headgate.approver import register
from headgate.approver.curve_key import CurveKey
from headgate.approver.keys import new_key, open_key
from headgate.approver.register import Approver, Approvers
from headgate.audit.note import Signer
from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.waiver import document
from headgate.waiver.document import Waiver, Written
from headgate.waiver.force import in_force
from headgate.waiver.signature import signed
from headgate.waiver.standing import standing, today

pytestmark = pytest.mark.unit

AMINA = Signer.generate("amina.h")
RULE = replace(rule("HG-SV-004"), gates=("P", "U"))
FIELDS = {
    "id": "w-1",
    "rule": "HG-SV-004",
    "stack": "fraud-dev",
    "resource": "score-*",
    "gates": ["P"],
    "reason": "the vendor's image",
    "ticket": "FR-12",
    "requested_by": "omar",
    "since": "2026-01-10",
    "expires": "2026-02-10",
}
WITHIN = datetime.date(2026, 2, 10)


def waiver(**changes: object) -> Waiver:
    """Return a waiver that Amina signed."""
    return signed(Waiver.model_validate(FIELDS | changes), AMINA)


def who(**changes: object) -> Approvers:
    """Return approvers of which Amina is one."""
    amina = {"name": "amina.h", "key": str(AMINA.verifier), "roles": ["security"], **changes}
    return Approvers(approvers=(Approver.model_validate(amina),), waivers=("security",))


def problem(one: Waiver, by: Approvers | None = None, day: datetime.date = WITHIN) -> str:
    """Return what keeps a waiver from counting."""
    (found,) = standing([Written(one, document.Origin("w.yaml", 2), ("waivers", 0))], by or who(), [RULE], day)
    return found.problem


def test_a_platforms_waiver_for_admission_needs_no_namespace() -> None:
    """It is for what is in none; a team's always names its own."""
    assert not waiver(gates=["A"], stack="platform-prod").namespace


def test_a_waiver_that_an_approver_signed_counts_on_its_days() -> None:
    """On the first and on the last; not before, not after."""
    days = [datetime.date(2026, 1, 9), datetime.date(2026, 1, 10), WITHIN, datetime.date(2026, 2, 11)]
    assert [problem(waiver(), day=day) for day in days] == [
        "its first day is 2026-01-10",
        "",
        "",
        "its last day was 2026-02-10",
    ]


@pytest.mark.parametrize(
    ("one", "by", "expected"),
    [
        (Waiver.model_validate(FIELDS), who(), "nobody signed it"),
        (waiver(), Approvers(waivers=("security",)), "amina.h, who signed it, is no approver"),
        (waiver(), who(roles=["cost"]), "amina.h, who signed it, has no role that signs waivers"),
        (waiver(), who(until="2026-02-09"), "the key of amina.h was good until 2026-02-09"),
        (waiver(requested_by="amina.h"), who(), "amina.h signed a waiver of their own"),
        (waiver(ended="2026-02-10"), who(), "it was ended on 2026-02-10"),
        (waiver(rule="HG-XX-009"), who(), "there is no rule HG-XX-009"),
        (waiver(gates=["A"], namespace="fraud"), who(), "HG-SV-004 does not judge at gate A"),
    ],
)
def test_why_a_waiver_does_not_count(one: Waiver, by: Approvers, expected: str) -> None:
    """Each reason is told in words."""
    assert problem(one, by) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"resource": "*-score"},
        {"stack": "fraud-prod"},
        {"gates": ("P", "U")},
        {"expires": datetime.date(2026, 3, 1)},
        {"since": datetime.date(2026, 1, 11)},
        {"namespace": "other"},
        {"reason": "no reason"},
        {"requested_by": "somebody"},
        {"id": "w-2"},
    ],
)
def test_what_was_changed_after_it_was_signed_does_not_count(change: dict[str, object]) -> None:
    """The signature is over all that it says."""
    assert "it was changed after it was signed" in problem(waiver().model_copy(update=change))


def test_a_signature_of_another_key_does_not_count() -> None:
    """A name is no proof."""
    forged = signed(Waiver.model_validate(FIELDS), Signer.generate("amina.h"))
    assert "does not fit" in problem(forged)


def test_an_approval_can_not_be_waived() -> None:
    """Whoever signs it."""
    (found,) = standing(
        [Written(waiver(), document.Origin("w.yaml", 2), ("waivers", 0))],
        who(),
        [replace(RULE, category="approval")],
        WITHIN,
    )
    assert found.problem == "HG-SV-004 asks for approval, and that can't be waived"


def refusals(tmp_path: Path, team: str, *rows: dict[str, object]) -> str:
    """Return what is said of a file."""
    path = tmp_path / "waivers" / f"{team}.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump({"waivers": list(rows)}, sort_keys=False))
    with pytest.raises(HeadgateError) as caught:
        document.read_all(tmp_path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"expires": "2026-04-11"}, "at most 90 days later"),
        ({"expires": "2026-01-09"}, "on or after `since`"),
        ({"gates": []}, "`waivers[0].gates` does not fit"),
        ({"gates": ["A"]}, "a `namespace`: at admission no stack is known"),
        ({"gates": ["A"], "stack": "platformer-prod"}, "a `namespace`: at admission no stack is known"),
        ({"resource": "***"}, "`waivers[0].resource` does not fit"),
        ({"rule": "HG-*"}, "`waivers[0].rule` does not fit"),
        ({"reason": ""}, "`waivers[0].reason` does not fit"),
        ({"level": "warn"}, "unknown key `waivers[0].level`"),
        ({"zzzz": "warn"}, "remove it, or see docs/guides/policies.md"),
        ({"stack": "vision-dev"}, "a waiver stands in another team's file"),
    ],
)
def test_a_file_that_says_what_it_may_not_is_refused(tmp_path: Path, change: dict[str, object], expected: str) -> None:
    """With the file, the line and what to write."""
    told = refusals(tmp_path, "fraud", FIELDS | change)
    assert expected in told
    assert f"{tmp_path}/waivers/fraud.yaml:" in told


def test_two_waivers_of_one_id_are_refused(tmp_path: Path) -> None:
    """The second line is named."""
    told = refusals(tmp_path, "fraud", FIELDS, {**FIELDS, "gates": ["U"]})
    assert f"{tmp_path}/waivers/fraud.yaml:13: two waivers have one id" in told


def test_a_key_in_a_vault_signs_no_waivers() -> None:
    """It is of another type than what signs notes: told, and not taken for a signature."""
    vaults = CurveKey.of("amina.h", derive_private_key(7, SECP256R1()).public_key())

    found = problem(waiver(), who(key=str(vaults)))

    assert found == "the key of amina.h is in a vault, and signs plans alone"


def test_without_a_file_of_approvers_nothing_counts(tmp_path: Path) -> None:
    """Whatever was signed."""
    assert problem(waiver(), register.read(tmp_path)) == "amina.h, who signed it, is no approver"


@pytest.mark.parametrize(
    "text", ["amina.h+00000000+AAAA", str(Signer.generate("omar").verifier)], ids=["no key", "somebody else's"]
)
def test_a_key_that_is_not_theirs_is_refused(tmp_path: Path, text: str) -> None:
    """An approver's key has to be one, and to have their name."""
    entry = f"approvers:\n  - name: amina.h\n    key: {text}\n    roles: [security]\n"
    (tmp_path / "approvers.yaml").write_text(entry)
    with pytest.raises(HeadgateError, match=r"approvers.yaml:3: `approvers\[0\].key` does not fit"):
        register.read(tmp_path)


def test_a_key_is_its_owner_s_alone_and_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    """It is never written over, never in clear, and a short passphrase is none."""
    path = tmp_path / "key.pem"
    public = new_key("amina.h", path, "correct horse battery")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "ENCRYPTED" in path.read_text()
    assert open_key("amina.h", path, "correct horse battery").verifier == public
    for attempt in (
        lambda: open_key("amina.h", path, "another passphrase"),
        lambda: open_key("amina.h", tmp_path / "none", "correct horse battery"),
        lambda: new_key("amina.h", path, "correct horse battery"),
        lambda: new_key("amina.h", tmp_path / "second", "short"),
        lambda: new_key("amina h", tmp_path / "third", "correct horse battery"),
    ):
        with pytest.raises(HeadgateError):
            attempt()
    assert [each.name for each in tmp_path.iterdir()] == ["key.pem"]


def test_a_cluster_is_given_the_waivers_of_its_gate_and_environment(tmp_path: Path) -> None:
    """Those of other gates and environments count there no more than unsigned ones."""
    path = tmp_path / "stacks" / "waivers" / "fraud.yaml"
    path.parent.mkdir(parents=True)
    rows = [
        {"id": "here", "gates": ["P", "A"], "stack": "fraud-prod"},
        {"id": "elsewhere", "gates": ["A"], "stack": "fraud-dev"},
        {"id": "not-at-admission", "gates": ["P"], "stack": "fraud-prod"},
    ]
    days = {"since": str(today()), "expires": str(today())}
    made = [waiver(**FIELDS | days | row | {"namespace": "fraud"}) for row in rows]
    unsigned = made[0].model_copy(update={"id": "unsigned", "approver": None, "signature": None})
    documents = [each.model_dump(mode="json", exclude_none=True) for each in (*made, unsigned)]
    path.write_text(json.dumps({"waivers": documents}))
    shutil.copytree(CHECKOUT / "policies", tmp_path / "policies")
    (tmp_path / "policies" / "approvers.yaml").write_text(json.dumps(who().model_dump(mode="json", exclude_none=True)))

    bundle, found = in_force(Bundle.find(tmp_path / "policies"), tmp_path / "stacks")

    given = json.loads(bundle.admission_files("prod")["data.json"])["waivers"]
    assert [each["id"] for each in given] == ["here"]
    assert {each.waiver.id: each.counts for each in found} == {
        "here": True,
        "elsewhere": True,
        "not-at-admission": True,
        "unsigned": False,
    }
