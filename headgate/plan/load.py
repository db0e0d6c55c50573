"""From a file to a view: which of the documents it is, is read off its content.

Owns reading and recognising; the readers own the documents.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan import manifests, pulumi, saved
from headgate.plan.reach import within_reach
from headgate.plan.view import View

# Far beyond the largest plan that was measured (10,000 resources: 30 MB).
MAX_BYTES = 512 * 1024 * 1024


def read(path: str) -> str:
    """Return the text of a file, or of standard input for `-`."""
    file = Path(path)
    try:
        if path == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise _too_large("<stdin>", f"more than {MAX_BYTES / 1e6:.0f} MB")
            return content.decode("utf-8")
        if file.stat().st_size > MAX_BYTES:
            raise _too_large(path, f"{file.stat().st_size / 1e6:.0f} MB")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise HeadgateError(
            "the file is not text, so nothing was judged",
            where=path,
            found=f"byte 0x{error.object[error.start]:02x} at offset {error.start}",
            expected="a UTF-8 text file",
            fix="name the file itself, not an archive or a binary; convert other encodings with iconv",
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


@within_reach()
def plan(path: str, state_path: str | None = None) -> View:
    """Read a plan: what `pulumi preview --json` printed, whole or as a stream of events, or what `--save-plan` wrote.

    A saved plan holds only what changes: `state_path` names the state that it was made against.
    """
    text = read(path)
    document = _json(text)
    if saved.is_saved_plan(document):
        return saved.from_plan(document, path, _state_document(state_path) if state_path else None)
    if state_path:
        raise HeadgateError(
            "a plan and a state are read together only where the plan needs it, so nothing was judged",
            where=path,
            found="a plan that holds all of its resources",
            expected="a plan that `pulumi preview --save-plan` wrote",
            fix="leave --state out",
        )
    if isinstance(document, Mapping) and "steps" in document:
        return pulumi.from_preview(document, path)
    if isinstance(document, Mapping) and "deployment" in document:
        return pulumi.from_state(document, path)
    return pulumi.from_events(_events(text, path), path)


@within_reach()
def event_log(path: str) -> View:
    """Read an event log: one JSON event per line."""
    return pulumi.from_events(_events(read(path), path), path)


@within_reach()
def state(path: str) -> View:
    """Read an exported state."""
    return pulumi.from_state(_state_document(path), path)


_EXPORT = "the output of `pulumi stack export`"
_EXPORT_ANEW = "`pulumi stack export > state.json`, and name that file with --state"
_PREVIEW_ANEW = "`pulumi preview --json > plan.json`, and name that file with --plan"


def _state_document(path: str) -> Mapping[str, Any]:
    text = read(path)
    try:
        document = json.loads(text or "null")
    except ValueError as error:
        raise _no_json(path, _EXPORT, _broken_at(text, error), _EXPORT_ANEW) from error
    if not isinstance(document, Mapping):
        found = "nothing at all" if document is None else f"{type(document).__name__}, not an object"
        raise _no_json(path, _EXPORT, found, _EXPORT_ANEW)
    return document


def manifest_files(paths: Iterable[str]) -> View:
    """Read manifests: files, directories (every .yaml, .yml and .json in them), and `-`."""
    names: list[str] = []
    for path in paths:
        if path != "-" and Path(path).is_dir():
            names += _manifests_in(path)
        else:
            names.append(path)
    return manifests.view({("<stdin>" if name == "-" else name): read(name) for name in names})


def _manifests_in(folder: str) -> list[str]:
    """Return the manifests below a folder. A part of it that can't be read fails: it may hold what must be judged."""

    def fail(error: OSError) -> None:
        raise _unreadable(str(error.filename or folder), error) from error

    files = (Path(at) / name for at, _, names in os.walk(folder, onerror=fail) for name in names)
    return sorted(str(file) for file in files if file.suffix in {".yaml", ".yml", ".json"})


def _too_large(path: str, found: str) -> HeadgateError:
    return HeadgateError(
        "the file is too large to be judged",
        where=path,
        found=found,
        expected=f"at most {MAX_BYTES / 1e6:.0f} MB",
        fix="split the stack, or hand over an event log instead of a state",
    )


def _unreadable(path: str, error: OSError) -> HeadgateError:
    return HeadgateError(
        "this can't be read, so nothing was judged",
        where=path,
        found=error.strerror or str(error),
        expected="a readable UTF-8 file, or a directory of manifests",
        fix="correct the path or its mode",
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _events(text: str, path: str) -> Iterable[Mapping[str, Any]]:
    """Return the events, which stand one after the other, on lines or pretty-printed."""
    decoder, position, found = json.JSONDecoder(), 0, []
    if not text.strip():
        raise _no_json(path, "engine events, each a JSON object", "nothing at all")
    while (position := _skip_space(text, position)) < len(text):
        try:
            event, position = decoder.raw_decode(text, position)
        except ValueError as error:
            raise _no_json(path, "engine events, each a JSON object", _broken_at(text, error)) from error
        if not isinstance(event, Mapping):
            raise _no_json(path, "engine events, each a JSON object", f"{type(event).__name__} in place of an event")
        found.append(event)
    return found


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _broken_at(text: str, error: ValueError) -> str:
    """Say where the JSON ends to be any: at its end, it was cut short."""
    position = getattr(error, "pos", 0)
    if position >= len(text.rstrip()) - 1 or "Unterminated" in str(error):
        return f"JSON that is cut short after {len(text):,} characters"
    line = text.count("\n", 0, position) + 1
    return f"no JSON at line {line}, column {position - text.rfind(chr(10), 0, position)}"


def _no_json(path: str, expected: str, found: str, fix: str = _PREVIEW_ANEW) -> HeadgateError:
    return HeadgateError(
        "the plan is not what it should be, so nothing was judged",
        where=path,
        found=found,
        expected=expected,
        fix=fix,
    )
