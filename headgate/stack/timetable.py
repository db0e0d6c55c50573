"""When something runs: cron's five fields and the names of time zones, checked as the cluster will read them."""

from __future__ import annotations

import difflib
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Name, lowest, highest and words of each field. Kubernetes knows Sunday as 0 alone, not as 7.
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_FIX = "write `minute hour day month weekday`, such as `30 2 * * *` for half past two each night"


def _cron(text: str) -> str:
    """Check the five fields."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise _refusal(f"five fields, not {len(parts)}")
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        if not all(_item(item, low, high, words) for item in part.split(",")):
            raise _refusal(f"a {name} of {low} to {high}, `*`, a range or a step, not `{part}`")
    return text


def _item(item: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    """Say whether one item of a field's list is in order."""
    span, slash, step = item.partition("/")
    if slash and not (step.isascii() and step.isdigit() and 1 <= int(step) <= high):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    start = _number(first, words, low)
    end = _number(last, words, low) if dash else start
    return start is not None and end is not None and low <= start <= end <= high


def _number(text: str, words: tuple[str, ...], low: int) -> int | None:
    """Return a field's number, whether written as one or as a word."""
    if text.lower() in words:
        return words.index(text.lower()) + low
    return int(text) if text.isascii() and text.isdigit() else None


def _refusal(expected: str) -> PydanticCustomError:
    return PydanticCustomError("cron", "{expected_text}", {"expected_text": expected, "fix": _FIX})


def _zone(text: str) -> str:
    """Check a time zone against this machine's database, which the clusters have too."""
    if _is_there(text):
        return text
    known = zoneinfo.available_timezones()
    if known and text not in known:
        close = difflib.get_close_matches(text, sorted(known), n=1)
        fix = f"did you mean `{close[0]}`?" if close else "take a name of the IANA database"
        raise PydanticCustomError(
            "zone", "{expected_text}", {"expected_text": "a time zone such as Asia/Dubai or Etc/UTC", "fix": fix}
        )
    return text


def _is_there(text: str) -> bool:
    """Whether the database has a zone of this name: to list them all takes as long as everything else of a stack."""
    if text.startswith(("posix/", "right/")) or text == "posixrules":
        # Other forms of the database, which lie within it.
        return False
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


Cron = Annotated[str, AfterValidator(_cron), WithJsonSchema({"type": "string", "pattern": r"^\S+( \S+){4}$"})]
TimeZone = Annotated[
    str, AfterValidator(_zone), WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"})
]
