"""What the `headgate audit` commands have in common: which ledger, which key, which entries, and one line an entry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from headgate.cli.ledger_place import LedgerPlace
from headgate.cli.plain import plain
from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir

if TYPE_CHECKING:
    from headgate.audit.note import Verifier
    from headgate.audit.persons import Persons
    from headgate.audit.query import Described, Query
    from headgate.audit.reader import LedgerReader

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
_DIGEST = re.compile(r"(sha256:)?[0-9A-Fa-f]{64}")
Command = TypeVar("Command", bound=Callable[..., Any])


def _default_ledger() -> Path:
    """Return the sandbox's ledger, which is what one means who names none."""
    return StateDir.from_environment().ledger


ledger_option = click.option(
    "--ledger",
    type=LedgerPlace(),
    default=_default_ledger,
    show_default="the sandbox's",
    help="The ledger's folder, or azblob://ACCOUNT/CONTAINER[/PREFIX].",
)
key_option = click.option("--key", type=PATH, help="File of the public key that you know to be the ledger's.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print data, not text.")
persons_option = click.option("--persons", is_flag=True, help="Name the people whom the ledger still knows.")
index_option = click.option("--no-index", "without_index", is_flag=True, help="Look at every entry instead.")

_WANTED = (
    click.option("--kind", help="Only entries of this kind."),
    click.option("--actor", help="Only entries by this actor."),
    click.option("--subject", help="Only entries whose subject contains this."),
    click.option("--stack", help="Only entries that name this stack."),
    click.option("--model", help="Only entries that name this model, with or without @VERSION."),
    click.option("--digest", help="Only entries that name this SHA-256 digest."),
    click.option("--from", "start", help="Only entries at or after this time (2026-01-31 or 2026-01-31T12:00:00Z)."),
    click.option("--to", "end", help="Only entries before this time."),
)


def wanted_options(command: Command) -> Command:
    """Add the options that say which entries are wanted."""
    for option in reversed(_WANTED):
        command = option(command)
    return command


def query_of(wanted: dict[str, str | None], ledger: Path) -> Query:
    """Return what those options ask for, or say which one is wrong. A person is asked for by name, too."""
    from headgate.audit.place import who_is
    from headgate.audit.query import Query

    actor = wanted["actor"] and who_is(ledger, wanted["actor"])
    query = Query(**{**wanted, "actor": actor})
    try:
        _ = query.period
    except ValueError as error:
        raise no_time("--from, --to", error) from error
    if query.digest and not _DIGEST.fullmatch(query.digest):
        raise HeadgateError(
            "no entry can name such a digest",
            where="--digest",
            found=query.digest,
            expected="a SHA-256 digest: 64 hexadecimal characters, with or without sha256: before them",
            fix="correct --digest",
        )
    return query


def no_time(where: str, error: ValueError) -> HeadgateError:
    """Return the error of an option that names no time."""
    return HeadgateError(
        "the time can't be read",
        where=where,
        found=str(error),
        expected="a day or an RFC 3339 time: 2026-01-31 or 2026-01-31T12:00:00Z",
        fix=f"correct {where}",
    )


def unwritable(what: str, path: Path, error: OSError) -> HeadgateError:
    """Return the error of a file that can't be written."""
    return HeadgateError(
        f"{what} can't be written",
        where=str(path),
        found=error.strerror,
        expected="a file in a folder that is there, and that you may write",
        fix="name another file, or make its folder",
    )


def what_is_wrong(error: OSError | ValueError) -> str:
    """Return what is wrong with a file in words for who named it."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "a file that is no text" if isinstance(error, UnicodeDecodeError) else str(error)


def reader_of(ledger: Path, key: Path | None = None, verifier: Verifier | None = None) -> LedgerReader:
    """Read a ledger, in its folder or in Blob Storage."""
    from headgate.audit.place import read

    return read(ledger, key, verifier)


class Find(Protocol):
    """A search of a ledger."""

    def __call__(self, query: Query, *, newest_first: bool = False) -> Iterator[tuple[int, Described]]:
        """Yield the entries that are asked for, with their numbers."""
        ...


@contextmanager
def finder(reader: LedgerReader, without_index: bool) -> Iterator[Find]:
    """Give what searches a ledger: its index, brought up to date, or a look at every entry."""
    if without_index:
        from headgate.audit.query import scan

        yield partial(scan, reader)
        return
    from headgate.audit.index import Index

    with Index(reader) as index:
        index.update()
        yield index.find


def line_of(index: int, found: Described, as_json: bool, persons: Persons | None = None) -> str:
    """Return an entry as one line; with `persons` people are named."""
    document = persons.show(found.document) if persons else found.document
    if as_json:
        return json.dumps({"index": index, **document}, ensure_ascii=False)
    time, actor = (str(document.get(name, "")) for name in ("time", "actor"))
    return plain(f"{index:>8}  {time:<27} {found.kind:<12} {actor}  {found.subject}")


def named(ledger: Path, is_asked: bool) -> Persons | None:
    """Return who names people, where that is asked for."""
    from headgate.audit.place import persons_of

    return persons_of(ledger) if is_asked else None
