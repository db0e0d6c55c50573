"""What counts of a version's proofs, and what does not: each way to deceive is told by a word of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from model_shelf import NOON, People, Shelf, agreed, version

from headgate.audit.canonical import canonical
from headgate.errors import HeadgateError
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import dsse, signature, stage, standing
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.fault import Wrong
from headgate.model.proofs.keys import SigningKey
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import SIGNATURE_TYPE, STAGE_TYPE, STATEMENT_TYPES, Standing

pytestmark = pytest.mark.unit

CARD_TYPE = STATEMENT_TYPES[Kind.CARD]


def read(shelf: Shelf, model: ModelVersion, signers: Signers, hours: int = 48) -> Standing:
    """Read a version two days later."""
    import datetime

    latest = NOON + datetime.timedelta(hours=hours)
    return standing.read(shelf, model.name, model.digest, agreed(signers), latest)  # type: ignore[arg-type]


def wrongs(found: Standing) -> list[tuple[Wrong, str]]:
    """Return what keeps a version from being verified."""
    return [(each.wrong, each.proof) for each in found.problems]


def test_a_version_with_all_its_proofs_has_no_problem(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Signature, card, lineage, bill of materials and evaluation are told with who made them."""
    found = read(shelf, proven, people.signers())

    assert wrongs(found) == []
    assert [(each.by, each.key_id) for each in found.signatures] == [("trainer", people.trainer.public.id)]
    assert {kind: each.by for kind, each in found.attested.items()} == dict.fromkeys(Kind, "trainer")
    assert found.stage is Stage.CANDIDATE


def test_a_version_that_nobody_signed_is_told(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """Without a signature nothing else matters."""
    assert wrongs(read(shelf, model, people.signers())) == [(Wrong.MISSING, "signature")]


def test_a_key_that_is_not_known_does_not_count(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """A signature is worth what its signer is: one by anybody is none."""
    content = signature.sign(model, people.stranger, NOON)
    shelf.attach(model.name, model.digest, SIGNATURE_TYPE, content, "")

    assert wrongs(read(shelf, model, people.signers())) == [(Wrong.FOREIGN, "signature")]


def test_a_stranger_beside_one_that_counts_takes_nothing_away(
    shelf: Shelf, proven: ModelVersion, people: People
) -> None:
    """Anybody may sign, too; it is told among the faults."""
    shelf.attach(proven.name, proven.digest, SIGNATURE_TYPE, signature.sign(proven, people.stranger, NOON), "")

    found = read(shelf, proven, people.signers())

    assert (wrongs(found), [each.wrong for each in found.faults]) == ([], [Wrong.FOREIGN])


def test_a_revoked_key_vouches_for_nothing(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Whoever has the key writes the dates: what bears an older one does not count either."""
    found = read(shelf, proven, people.signers(revoked="the laptop was stolen"))

    assert {each.wrong for each in found.problems} == {Wrong.REVOKED}
    assert (found.signatures, dict(found.attested)) == ((), {})


@pytest.mark.parametrize(("until", "counts"), [("2026-03-01", True), ("2026-02-28", False)])
def test_a_retired_key_vouches_for_what_is_older(
    shelf: Shelf, proven: ModelVersion, people: People, until: str, counts: bool
) -> None:
    """A rotation in good order does not undo what was signed before."""
    import datetime

    found = read(shelf, proven, people.signers(until=datetime.date.fromisoformat(until)))

    assert bool(found.signatures) is counts


@pytest.mark.parametrize("field", [{"models": ("other/*",)}, {"roles": ("promote",)}])
def test_a_signer_counts_for_its_models_and_purposes(
    shelf: Shelf, proven: ModelVersion, people: People, field: dict[str, Any]
) -> None:
    """One team's key says nothing about another's model, and a promoter's nothing about files."""
    found = read(shelf, proven, people.signers(**field))

    assert {each.wrong for each in found.problems} == {Wrong.NOT_ENTITLED}


def test_a_signature_of_another_version_is_told_though_the_files_are_the_same(
    shelf: Shelf, proven: ModelVersion, people: People
) -> None:
    """The manifest is signed, and with it the version's number."""
    later = shelf.put(version("1.0.1"))
    shelf.attach(later.name, later.digest, SIGNATURE_TYPE, shelf.newest(proven.digest, SIGNATURE_TYPE), "")

    assert wrongs(read(shelf, later, people.signers())) == [(Wrong.COPIED, "signature")]


def test_a_statement_of_another_version_is_told(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """A good evaluation can't be lent."""
    later = shelf.put(version("1.0.1"))
    people.desk(shelf, people.trainer).sign(later)
    shelf.attach(later.name, later.digest, CARD_TYPE, shelf.newest(proven.digest, CARD_TYPE), "")

    assert wrongs(read(shelf, later, people.signers())) == [(Wrong.COPIED, "card")]


def test_a_changed_file_is_named(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """The signer signed other weights under the manifest's name."""
    other = version(weights=b"others")
    lying = type(model)(**{**model.__dict__, "files": other.files})
    shelf.attach(model.name, model.digest, SIGNATURE_TYPE, signature.sign(lying, people.trainer, NOON), "")

    (problem,) = read(shelf, model, people.signers()).problems

    assert (problem.wrong, problem.text) == (Wrong.CHANGED, "not the files that were signed: weights/a.bin")


def changed_payload(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Change what an envelope says, and leave its signature."""
    document = json.loads(content)
    envelope = document.get("dsseEnvelope", document)
    said = json.loads(base64.b64decode(envelope["payload"]))
    change(said)
    envelope["payload"] = base64.b64encode(canonical(said)).decode()
    return json.dumps(document).encode()


@pytest.mark.parametrize("kind", [SIGNATURE_TYPE, CARD_TYPE, STATEMENT_TYPES[Kind.EVALUATION]])
def test_a_tampered_statement_is_told(shelf: Shelf, proven: ModelVersion, people: People, kind: str) -> None:
    """What was signed is what is read, to the byte."""
    content = changed_payload(shelf.newest(proven.digest, kind), lambda said: said["predicate"].update(x=1))
    shelf.replace(proven.digest, kind, content)

    assert [each.wrong for each in read(shelf, proven, people.signers()).problems][:1] == [Wrong.TAMPERED]


def unsigned(document: dict[str, Any]) -> None:
    """Leave the signature empty."""
    document["signatures"][0]["sig"] = ""


def named(document: dict[str, Any]) -> None:
    """Name an algorithm, as JWS does."""
    document["signatures"][0]["alg"] = "HS256"


def typed(document: dict[str, Any]) -> None:
    """Give the payload another type."""
    document["payloadType"] = "text/plain"


def doubled(document: dict[str, Any]) -> None:
    """Add a second signature."""
    document["signatures"] *= 2


def none_at_all(document: dict[str, Any]) -> None:
    """Take the signatures away."""
    document["signatures"] = []


@pytest.mark.parametrize("change", [unsigned, named, typed, doubled, none_at_all])
@pytest.mark.parametrize("kind", [SIGNATURE_TYPE, CARD_TYPE])
def test_no_document_chooses_an_algorithm(
    shelf: Shelf, proven: ModelVersion, people: People, kind: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """An envelope has one signature, by the algorithm that its key has."""
    document = json.loads(shelf.newest(proven.digest, kind))
    change(document.get("dsseEnvelope", document))
    shelf.replace(proven.digest, kind, json.dumps(document).encode())

    assert Wrong.ALGORITHM in {each.wrong for each in read(shelf, proven, people.signers()).problems}


def weaker_files(said: dict[str, Any]) -> None:
    """Name a file by a hash that can be forged."""
    said["predicate"]["resources"][0]["algorithm"] = "sha1"


def before_release(said: dict[str, Any]) -> None:
    """Use the form of before model_signing 1.0, whose signatures cover less."""
    said["predicateType"] = "https://model_signing/Digests/v0.1"


@pytest.mark.parametrize("change", [weaker_files, before_release])
def test_weaker_forms_of_a_signature_do_not_count_even_if_signed(
    shelf: Shelf, model: ModelVersion, people: People, change: Callable[[dict[str, Any]], None]
) -> None:
    """The signer's own word can't make a weaker digest a stronger one."""
    document = json.loads(signature.sign(model, people.trainer, NOON))
    said = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    change(said)
    sealed = dsse.Envelope.seal(canonical(said), people.trainer, key_id="")
    document["dsseEnvelope"] = sealed.as_json()
    shelf.attach(model.name, model.digest, SIGNATURE_TYPE, json.dumps(document).encode(), "")

    assert wrongs(read(shelf, model, people.signers())) == [(Wrong.ALGORITHM, "signature")]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"payload": 1}', b'{"a": 1, "a": 2}', b"\xff"])
@pytest.mark.parametrize("kind", [SIGNATURE_TYPE, CARD_TYPE, STAGE_TYPE])
def test_what_can_not_be_read_is_a_fault_and_no_crash(
    shelf: Shelf, proven: ModelVersion, people: People, kind: str, content: bytes
) -> None:
    """Whoever can write the registry can write anything."""
    shelf.attach(proven.name, proven.digest, kind, content, "")

    found = read(shelf, proven, people.signers())

    assert [each.wrong for each in found.faults] in ([Wrong.UNREADABLE], [Wrong.ALGORITHM])
    assert found.problems


def test_a_statement_of_tomorrow_does_not_count(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """A date that is yet to come would make a statement the newest for long."""
    people.desk(shelf, people.trainer, hours=72).sign(model)

    assert wrongs(read(shelf, model, people.signers())) == [(Wrong.TAMPERED, "signature")]


def move(shelf: Shelf, people: People, model: ModelVersion, to: Stage, hours: int) -> bytes:
    """Say where a version stands, some hours after noon."""
    people.desk(shelf, people.manager, hours).move(read(shelf, model, people.signers()), to, "because")
    return shelf.newest(model.digest, STAGE_TYPE)


def test_the_newest_stage_counts_and_all_are_told(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Each statement names the one before it."""
    for hours, to in enumerate((Stage.STAGING, Stage.PRODUCTION, Stage.RESTRICTED)):
        move(shelf, people, proven, to, hours)

    found = read(shelf, proven, people.signers())

    assert (found.stage, wrongs(found)) == (Stage.RESTRICTED, [])
    assert [(each.number, each.before, each.stage, each.by) for each in found.history] == [
        (1, Stage.CANDIDATE, Stage.STAGING, "manager"),
        (2, Stage.STAGING, Stage.PRODUCTION, "manager"),
        (3, Stage.PRODUCTION, Stage.RESTRICTED, "manager"),
    ]


def test_an_older_stage_that_is_attached_again_is_a_replay(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """What was restricted does not return by an old word; until it is cleared up the version is nowhere."""
    move(shelf, people, proven, Stage.STAGING, 0)
    production = move(shelf, people, proven, Stage.PRODUCTION, 1)
    move(shelf, people, proven, Stage.RESTRICTED, 2)
    shelf.attach(proven.name, proven.digest, STAGE_TYPE, production, "")

    found = read(shelf, proven, people.signers())

    assert (found.stage, wrongs(found)) == (None, [(Wrong.REPLAYED, "stage")])


def test_a_statement_that_was_taken_out_breaks_the_chain(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Nobody can forget one in the middle."""
    for hours, to in enumerate((Stage.STAGING, Stage.CANDIDATE, Stage.STAGING)):
        move(shelf, people, proven, to, hours)
    rows = shelf.statements[proven.digest]
    rows.pop(len(rows) - 2)

    found = read(shelf, proven, people.signers())

    assert (found.stage, wrongs(found)) == (None, [(Wrong.BROKEN, "stage")])


def test_two_that_promote_at_once_leave_no_stage(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Of two statements with one number neither is believed."""
    before = read(shelf, proven, people.signers())
    for hours, to in enumerate((Stage.STAGING, Stage.ARCHIVED)):
        people.desk(shelf, people.manager, hours).move(before, to, "because")

    found = read(shelf, proven, people.signers())

    assert (found.stage, wrongs(found)) == (None, [(Wrong.REPLAYED, "stage")])


def forged(people: People, model: ModelVersion, key: SigningKey, **said: Any) -> bytes:
    """Make a stage statement by hand."""
    from headgate.model.proofs import statement

    predicate = {"stage": "staging", "from": "candidate", "number": 1, "previous": "", "reason": "because", **said}
    return dsse.Envelope.seal(statement.make(model, stage.PREDICATE, predicate, NOON), key).raw


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"stage": "production"}, Wrong.BROKEN),
        ({"from": "production"}, Wrong.BROKEN),
        ({"number": 2}, Wrong.BROKEN),
        ({"number": 0}, Wrong.BROKEN),
        ({"number": True}, Wrong.UNREADABLE),
        ({"number": "1"}, Wrong.UNREADABLE),
        ({"previous": "sha256:" + "0" * 64}, Wrong.BROKEN),
        ({"stage": "anywhere"}, Wrong.UNREADABLE),
    ],
)
def test_a_stage_that_does_not_follow_is_no_stage(
    shelf: Shelf, proven: ModelVersion, people: People, said: dict[str, Any], wrong: Wrong
) -> None:
    """Even who may promote can't skip a stage, or a number."""
    shelf.attach(proven.name, proven.digest, STAGE_TYPE, forged(people, proven, people.manager, **said), "")

    found = read(shelf, proven, people.signers())

    assert (found.stage, wrongs(found)) == (None, [(wrong, "stage")])


@pytest.mark.parametrize("who", ["trainer", "stranger"])
def test_a_stage_by_one_who_may_not_promote_is_none(
    shelf: Shelf, proven: ModelVersion, people: People, who: str
) -> None:
    """Who trained a model does not release it."""
    shelf.attach(proven.name, proven.digest, STAGE_TYPE, forged(people, proven, getattr(people, who)), "")

    assert read(shelf, proven, people.signers()).stage is None


def test_what_would_not_count_is_not_attached(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """A signer learns at once that nobody would believe it."""
    for make in (
        lambda: people.desk(shelf, people.stranger).sign(model),
        lambda: people.desk(shelf, people.manager).sign(model),
        lambda: people.desk(shelf, people.manager).attest(model, Kind.CARD, {}),
        lambda: people.desk(shelf, people.trainer).move(Standing(model), Stage.STAGING, "because"),
    ):
        with pytest.raises(HeadgateError, match="would not count"):
            make()
    assert shelf.statements == {}
