"""Reads one YAML file into plain values, and remembers the line of each.

Owns the subset of YAML that stack files may use: the one that Pulumi and people read alike, so no anchors, no tags, no
duplicated keys, no tabs, no YAML 1.1 surprises (`yes` is a word, `1:30` is no number), and nothing without quotes that
is text here and a number there (`010` is 8 to Pulumi).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.stack.faults import raise_all
from headgate.yaml_text import LOADER

KeyPath = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
# What is neither of these here, and to Pulumi's reader a number, or one of the words.
_THEIR_NUMBER = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(\.[0-9]+|[0-9]+\.?[0-9]*)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))"
    r"|\.(nan|NaN|NAN)"
)
_THEIR_WORDS = ("True", "TRUE", "False", "FALSE", "Null", "NULL")
# What has more than 64 bits is rounded there; deeper than this no settings go.
_LARGEST, _DEPTH = 2**63, 64


@dataclass(frozen=True)
class Origin:
    """The place that set a value."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line is not None else self.file


@dataclass
class Document:
    """A file's values, and the line of every key and list item."""

    file: str
    value: dict[str, Any]
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> Origin:
        """Return the place of a path, or of its nearest ancestor that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return Origin(self.file, self.lines.get(path, 1))


class _Reader:
    """Walks one file's node tree; collects every fault instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.errors: list[HeadgateError] = []

    def fault(self, line: int, what: str, *, found: str, expected: str, fix: str) -> None:
        """Note one fault at a line."""
        self.errors.append(HeadgateError(what, where=f"{self.file}:{line}", found=found, expected=expected, fix=fix))

    def tabs(self, text: str) -> None:
        """Note lines that are indented with tabs."""
        for number, line in enumerate(text.splitlines(), start=1):
            if "\t" in line[: len(line) - len(line.lstrip())]:
                self.fault(
                    number,
                    "a tab indents this line",
                    found="a tab",
                    expected="spaces: YAML forbids tabs there",
                    fix="replace the tab with spaces",
                )

    def structure(self, text: str, loader: Any) -> None:
        """Note anchors and aliases, since a value with two places has no line that explains it; tags; and depth."""
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH:
                deep = f"{depth} groups and lists in each other"
                self.fault(line, "nothing is as deep", found=deep, expected=f"{_DEPTH} at most", fix="take them apart")
                return
            if name := getattr(event, "anchor", None):
                mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
                self.fault(
                    line,
                    "stack files have no anchors or aliases",
                    found=f"{mark}{name}",
                    expected="each value written where it applies; shared values in stacks/defaults/",
                    fix="write the value out, or move it to stacks/defaults/",
                )
            if tag := getattr(event, "tag", None):
                self.fault(
                    line,
                    "stack files have no tags",
                    found=tag,
                    expected="a value that says by its form what it is",
                    fix="remove the tag; put text that looks like a number in quotes",
                )

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        """Return the node's value."""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            values = []
            for index, item in enumerate(node.value):
                self.lines[(*path, index)] = item.start_mark.line + 1
                values.append(self.read(item, (*path, index)))
            return values
        self.form(node)
        return scalar(node)

    def form(self, node: yaml.Node) -> None:
        """Note what is one thing here and another to Pulumi."""
        text = str(node.value)
        if getattr(node, "style", None) or not (text in _THEIR_WORDS or _is_their_number(text)):
            return
        shown, is_word = text[:40], text in _THEIR_WORDS
        form = f"`{text.lower()}`" if is_word else "plain digits, with no zeros in front, such as 1000 or 0.5"
        self.fault(
            node.start_mark.line + 1,
            f"`{shown}` is another value to Pulumi",
            found=f"{shown}, which Pulumi reads as {'a word of YAML' if is_word else 'a number of another form'}",
            expected="a value that all readers of YAML read alike",
            fix=f'text goes in quotes, "{shown}"; else write {form}',
        )

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        """Return a mapping's values, keys checked."""
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(line, "a key must be a word", found="a list or mapping", expected="a word", fix="name it")
                continue
            key = str(key_node.value)
            if key in result:
                self.fault(
                    line,
                    f"key `{key}` is written twice",
                    found=f"a second `{key}`; the first is on line {self.lines[(*path, key)]}",
                    expected="each key once",
                    fix="remove one of the two",
                )
                continue
            self.lines[(*path, key)] = line
            result[key] = self.read(value_node, (*path, key))
        return result


def scalar(node: yaml.Node) -> Any:
    """Return a scalar as YAML 1.2 and Pulumi mean it: quoted is text, the rest by its form."""
    text = str(node.value)
    if getattr(node, "style", None):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and not _is_their_number(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _is_their_number(text: str) -> bool:
    """Whether a text without quotes is a number to Pulumi's reader alone, or of another value than here."""
    if _INTEGER.fullmatch(text):
        return len(text) > len(str(-_LARGEST)) or abs(int(text)) >= _LARGEST
    if _FLOAT.fullmatch(text):
        return not math.isfinite(float(text))
    return not text.startswith("_") and _THEIR_NUMBER.fullmatch(text.replace("_", "")) is not None


@dataclass(frozen=True)
class Form:
    """What a file should be: told where it is none of that form, with how to come by one and where it is described."""

    expected: str
    fix: str
    page: str


STACK = Form(
    "a mapping that starts with `config:` (or, in defaults, `platform:` and `team:`)",
    "write it with `headgate stack new`",
    "docs/reference/stack.md",
)


def read_document(path: Path, shown_as: str | None = None, form: Form = STACK) -> Document:
    """Read a file; raise one error per fault, all of them at once."""
    file = shown_as or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError(
            "this file can't be read",
            where=file,
            found=getattr(error, "strerror", None) or "text that is not UTF-8",
            expected="a readable YAML file in UTF-8",
            fix=form.fix if not path.exists() else "correct its mode or encoding",
        ) from error
    return parse_document(text, file, form)


def parse_document(text: str, file: str, form: Form = STACK) -> Document:
    """Read a file's text; raise one error per fault, all of them at once."""
    reader = _Reader(file)
    reader.tabs(text)
    raise_all(reader.errors)
    try:
        node = _composed(text, reader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(file, error) from error
    except yaml.YAMLError as error:
        raise HeadgateError(
            "this is not YAML", where=file, found=str(error), expected="YAML", fix="remove the character"
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise _not_a_mapping(file, node, form)
    value = reader.mapping(node, ())
    raise_all(reader.errors)
    return Document(file, value, reader.lines)


def _composed(text: str, reader: _Reader) -> yaml.Node | None:
    """Return a file's node tree: of one that is not too deep, since both parsers build it a call a level."""
    try:
        reader.structure(text, LOADER)
        raise_all(reader.errors)
        return yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError:
        # The slower parser has the better words for what is wrong.
        reader.errors.clear()
        reader.structure(text, yaml.SafeLoader)
        raise_all(reader.errors)
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _syntax_error(file: str, error: yaml.MarkedYAMLError) -> HeadgateError:
    """Say where the YAML breaks."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    return HeadgateError(
        "this is not YAML",
        where=f"{file}:{line}",
        found=error.problem or "a syntax error",
        expected=error.context or "YAML",
        fix="correct this line or the one before it (often a missing colon, quote or space)",
    )


def _not_a_mapping(file: str, node: yaml.Node | None, form: Form) -> HeadgateError:
    """Say that a file is empty, or holds something else than settings."""
    return HeadgateError(
        "this file holds no settings",
        where=f"{file}:1",
        found="an empty file" if node is None else "a list or a single value",
        expected=form.expected,
        fix=form.fix,
    )
