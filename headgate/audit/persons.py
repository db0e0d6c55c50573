"""Pseudonyms for people: entries carry `person:<random>`; who that is stands beside the log, where it can be erased.

Off until `persons/names.json` is there (`headgate audit persons enable`). Owns the mapping, and which fields name
people. Erasing a name changes no entry, hash or proof; what the same person does later gets another pseudonym. What
somebody signed stays as it was signed: a pseudonym inside it would break the signature.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.durable import flush_folder, make_folder, write_new
from headgate.audit.lock import WriterLock
from headgate.errors import HeadgateError

PREFIX = "person:"
_WAIT = 10.0
# Fields that name people, wherever they are in an entry's particulars.
_FIELDS = frozenset(
    {"actor", "approver", "approved_by", "author", "authors", "user", "username", "email", "as", "by", "requested_by"}
)
# Identities of programs, by their beginning. Others that are no people are named when pseudonyms are switched on.
_PROGRAMS = ("system:", "headgate:", "uid:", PREFIX)


class Persons:
    """The people of one ledger. Several processes may use it at a time."""

    def __init__(self, root: Path) -> None:
        """Take the ledger's folder; nothing is read until somebody is named."""
        self._folder = root / "persons"
        self._path = self._folder / "names.json"
        self._read_at: tuple[int, int] | None = None
        self._names: dict[str, str] = {}
        self._services: frozenset[str] = frozenset()

    @property
    def is_on(self) -> bool:
        """Whether people are named by pseudonyms in this ledger."""
        return self._path.exists()

    def enable(self, services: Iterable[str]) -> None:
        """Use pseudonyms from now on for everybody but programs; earlier entries stay as they are."""
        try:
            make_folder(self._folder.parent)
            make_folder(self._folder)
        except OSError as error:
            raise self._closed(error) from error
        self._change(lambda: setattr(self, "_services", self._services | frozenset(services)))

    def _load(self) -> None:
        """Read the mapping again when somebody else wrote it."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._names, self._services, self._read_at = {}, frozenset(), None
            return
        except OSError as error:
            raise self._closed(error) from error
        if self._read_at == (found.st_ino, found.st_mtime_ns):
            return
        try:
            document = parse(self._path.read_bytes())
            self._names = dict(document["names"])
            self._services = frozenset(document["services"])
        except OSError as error:
            raise self._closed(error) from error
        except (ValueError, LookupError, TypeError) as error:
            raise HeadgateError(
                "the ledger's names of people can't be read",
                where=str(self._path),
                found=str(error),
                fix="put the file back from a copy: without it a name would get a second pseudonym, or none",
            ) from error
        self._read_at = (found.st_ino, found.st_mtime_ns)

    def _change(self, change: Callable[[], object]) -> None:
        """Read, change and write the mapping, durably, with nobody in between."""
        lock = WriterLock(self._folder / "lock", _WAIT)
        try:
            self._load()
            change()
            document = {"names": self._names, "services": sorted(self._services)}
            write_new(self._path, json.dumps(document, ensure_ascii=False, indent=1).encode(), self._folder)
            flush_folder(self._folder)
            self._read_at = None
        except OSError as error:
            raise self._closed(error) from error
        finally:
            lock.release()

    def _closed(self, error: OSError) -> HeadgateError:
        """Return the error of names that this user may not read, or write."""
        return HeadgateError(
            "the ledger's names of people are not open to you",
            where=str(error.filename or self._path),
            found=error.strerror or str(error),
            expected="the user whose ledger it is: the log itself needs no names",
            fix="ask as that user, or without --persons",
        )

    def pseudonym_of(self, name: str) -> str | None:
        """Return a person's pseudonym, None for who has none."""
        self._load()
        return self._names.get(name)

    def names(self) -> dict[str, str]:
        """Return the known people by pseudonym."""
        self._load()
        return {pseudonym: name for name, pseudonym in self._names.items()}

    def erase(self, name: str) -> str:
        """Forget who a pseudonym is, and return it."""
        pseudonym = self.pseudonym_of(name)
        if pseudonym is None:
            raise HeadgateError(
                "the ledger knows nobody of this name",
                where=str(self._path),
                found=name,
                fix="headgate audit persons list",
            )
        self._change(lambda: self._names.pop(name, None))
        return pseudonym

    def _replace(self, name: str) -> str:
        """Return what stands for a name; a new person gets a pseudonym, durable before any entry carries it."""
        if not name or name.startswith(_PROGRAMS) or name in self._services:
            return name
        if name not in self._names:
            fresh = PREFIX + secrets.token_hex(8)
            self._change(lambda: self._names.setdefault(name, fresh))
            self._load()
        return self._names[name]

    def hide(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return an envelope with pseudonyms in place of people; as it was, where they are off."""
        if not self.is_on:
            return document
        self._load()
        return {**document, "actor": self._replace(str(document["actor"])), "data": self._hidden(document["data"])}

    def _hidden(self, value: Any) -> Any:
        """Replace people in the particulars."""
        if isinstance(value, dict):
            return {key: self._field(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._hidden(item) for item in value]
        return value

    def _field(self, key: str, value: Any) -> Any:
        """Replace what one field says."""
        if key in _FIELDS and isinstance(value, str):
            return self._replace(value)
        if key in _FIELDS and isinstance(value, list):
            return [self._replace(item) if isinstance(item, str) else self._hidden(item) for item in value]
        return self._hidden(value)

    def show(self, value: Any) -> Any:
        """Return a value with the people named whom the ledger still knows, for a person to read."""
        known = self.names()
        return _shown(value, known) if known else value


def _shown(value: Any, known: dict[str, str]) -> Any:
    """Name people in a value."""
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, dict):
        return {key: _shown(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item, known) for item in value]
    return value
