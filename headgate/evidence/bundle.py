"""An evidence bundle: an answer, the entries that it rests on, and their proofs, in one file.

Whoever has the file and the ledger's public key needs nothing else: the checkpoint's signature, each entry's way to its
root, each payload's hash, and the answer itself, made again from the entries. What it can't show is what was left out:
that takes the ledger.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.audit.canonical import canonical, parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.note import Verifier
from headgate.audit.proof import Inclusion, parse_hash
from headgate.audit.reader import LedgerReader
from headgate.evidence.answer import answer
from headgate.evidence.entries import Entry
from headgate.evidence.question import Controls, Question

FORM = "headgate.dev/evidence@v1"


@dataclass(frozen=True)
class Verified:
    """A bundle that holds."""

    checkpoint: Checkpoint
    entries: int
    report: Mapping[str, Any]


def build(
    reader: LedgerReader,
    question: Question,
    entries: Sequence[Entry],
    controls: Controls,
    mapped: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the bundle of an answer."""
    return {
        "type": FORM,
        "checkpoint": reader.note,
        "asked": question.as_json(),
        "controls": {rule: list(named) for rule, named in sorted(controls.items())},
        **({"mapped": list(mapped)} if mapped else {}),
        "entries": [_proved(reader, entry) for entry in entries],
        "report": answer(question, entries, controls, mapped),
    }


def _proved(reader: LedgerReader, entry: Entry) -> dict[str, Any]:
    """Return an entry's bytes with its proof, and its payload where that is kept apart."""
    content = reader.entry(entry.number)
    hashes = Inclusion.parse(reader.prove(entry.number)).hashes
    row: dict[str, Any] = {
        "number": entry.number,
        "entry": base64.b64encode(content).decode(),
        "proof": [base64.b64encode(one).decode() for one in hashes],
    }
    if "blob" in parse(content):
        row["payload"] = base64.b64encode(canonical(entry.document["data"])).decode()
    return row


def verify(text: str, verifier: Verifier) -> Verified:
    """Check a bundle with nothing but a key; ValueError names the first thing that does not hold."""
    bundle = parse(text)
    if not isinstance(bundle, dict) or bundle.get("type") != FORM:
        raise ValueError(f"its type is not {FORM}")
    try:
        note, rows, asked = bundle["checkpoint"], bundle["entries"], bundle["asked"]
        checkpoint = Checkpoint.open(note, verifier)
        entries = [_checked(row, note, verifier) for row in rows]
        question = Question(**asked)
        controls = {rule: tuple(named) for rule, named in bundle["controls"].items()}
        mapped = bundle.get("mapped", [])
        report = bundle["report"]
        made = canonical(answer(question, entries, controls, mapped))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is not complete: {error!r}") from error
    numbers = [entry.number for entry in entries]
    if numbers != sorted(set(numbers)):
        raise ValueError("its entries are not in the ledger's order")
    if made != canonical(report):
        raise ValueError("the report is not the one that its entries make")
    return Verified(checkpoint, len(entries), report)


def _checked(row: Mapping[str, Any], note: str, verifier: Verifier) -> Entry:
    """Return an entry that is proved; ValueError names it when it is not."""
    number = row["number"]
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{number!r} is no entry's number")
    try:
        content = base64.b64decode(row["entry"], validate=True)
        hashes = tuple(parse_hash(one) for one in row["proof"])
        Inclusion(number, hashes, note).check(content, verifier)
        return Entry(number, _document(content, row.get("payload")))
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"entry {number}: {error}") from error


def _document(content: bytes, payload: str | None) -> dict[str, Any]:
    """Return an entry's document, with the payload that it names by its hash."""
    document: dict[str, Any] = parse(content)
    blob = document.get("blob")
    if blob is None:
        return document
    kept = base64.b64decode(payload or "", validate=True)
    if hashlib.sha256(kept).hexdigest() != blob["sha256"]:
        raise ValueError("its payload does not match its hash")
    return {**document, "data": parse(kept)}


def text_of(bundle: Mapping[str, Any]) -> str:
    """Return a bundle as its file."""
    return json.dumps(bundle, ensure_ascii=False, indent=1) + "\n"
