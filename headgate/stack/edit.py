"""Changes single values of a stack file in its text, so that comments, order and form of all the rest stay.

Each change is made where the YAML parser says that the old value stands, and the result is read again: what it then
says must be exactly the old values with this one change. A file that can't be changed so is refused, not reformatted.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.stack.document import Document, KeyPath, parse_document
from headgate.stack.faults import dotted
from headgate.stack.snippet import Snippet, content_end, line_end, line_start, snippet_of

_INDENT = 2


@dataclass(frozen=True)
class StackText:
    """A stack file's text, and what it says."""

    file: str
    text: str

    @property
    def document(self) -> Document:
        """The values, with the line of each."""
        return parse_document(self.text, self.file)

    def holds(self, path: KeyPath) -> bool:
        """Whether a value is written in this file."""
        return path in self.document.lines

    def snippet(self, path: KeyPath) -> Snippet:
        """Return a value as it is written here, comments included."""
        return snippet_of(self.text, self._node(path))

    def set(self, path: KeyPath, snippet: Snippet) -> StackText:
        """Write a value: in place of the old one, or as a new key of its group."""
        wanted = _with(self.document.value, path, snippet.value)
        if self.holds(path):
            return self._checked(self._replaced(path, snippet), wanted, path)
        parent = path[:-1]
        if not self.holds(parent):
            group = Snippet.of({path[-1]: snippet.value})
            return self.set(parent, group)
        return self._checked(self._added(self._node(parent), str(path[-1]), snippet), wanted, path)

    def append(self, path: KeyPath, snippet: Snippet) -> StackText:
        """Add an entry to the end of a list."""
        node = self._node(path)
        if not isinstance(node, yaml.SequenceNode):
            return self.set(path, Snippet.of([snippet.value]))
        wanted = copy.deepcopy(self.document.value)
        _at(wanted, path).append(snippet.value)
        if node.flow_style and node.value:
            at = node.end_mark.index - 1
            text = self._spliced(at, at, f", {snippet.inline()}")
        elif node.flow_style:
            text = self._replaced(path, snippet.in_list())
        else:
            at = line_end(self.text, content_end(node))
            entry = snippet.in_list().block(node.start_mark.column)
            text = self._spliced(at, at, self._newline + self._lines(entry))
        return self._checked(text, wanted, path)

    def remove(self, path: KeyPath) -> StackText:
        """Take a key of a group, or an entry of a list, out."""
        wanted = copy.deepcopy(self.document.value)
        parent = _at(wanted, path[:-1])
        del parent[path[-1]]
        text = self._replaced(path[:-1], Snippet.of(parent)) if not parent else self._without(path)
        return self._checked(text, wanted, path)

    # Where things stand

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _lines(self, text: str) -> str:
        return text.replace("\n", self._newline)

    def _node(self, path: KeyPath) -> yaml.Node:
        """Return the node of a value."""
        node: Any = yaml.compose(self.text, Loader=yaml.SafeLoader)
        for part in path:
            node = node.value[part] if isinstance(part, int) else _pair(node, part)[1]
        return node  # type: ignore[no-any-return]

    def _spliced(self, start: int, end: int, text: str) -> str:
        return self.text[:start] + text + self.text[end:]

    # The changes

    def _replaced(self, path: KeyPath, snippet: Snippet) -> str:
        """Return the text with another value."""
        node = self._node(path)
        start, end = node.start_mark.index, content_end(node)
        if not isinstance(path[-1], str):
            column = node.start_mark.column
            if snippet.is_block:
                return self._spliced(start, end, self._lines(snippet.block(column).lstrip(" ")))
            return self._spliced(start, end, snippet.inline())
        key = _pair(self._node(path[:-1]), path[-1])[0]
        colon = self.text.index(":", key.end_mark.index) + 1
        if isinstance(node, yaml.ScalarNode) and start > colon and not snippet.is_block:
            # The value alone: spaces that line it up with others are somebody's.
            return self._spliced(start, end, snippet.inline(_quotes(node)))
        if self._is_in_flow(path) or not snippet.is_block:
            return self._spliced(colon, end, f" {snippet.inline(_quotes(node))}")
        comment = self.text[end : line_end(self.text, end)]
        block = self._lines(snippet.block(key.start_mark.column + _INDENT))
        return self._spliced(colon, end + len(comment), comment.rstrip() + self._newline + block)

    def _added(self, group: yaml.Node, key: str, snippet: Snippet) -> str:
        """Return the text with a new key at the end of a group."""
        if not isinstance(group, yaml.MappingNode) or (group.flow_style and not group.value):
            start, end = group.start_mark.index, content_end(group)
            return self._spliced(start, end, f"{{{key}: {snippet.inline()}}}")
        if group.flow_style:
            at = group.end_mark.index - 1
            return self._spliced(at, at, f", {key}: {snippet.inline()}")
        column = group.start_mark.column
        value = f"\n{snippet.block(column + _INDENT)}" if snippet.is_block else f" {snippet.inline()}"
        at = line_end(self.text, content_end(group))
        return self._spliced(at, at, self._newline + self._lines(f"{' ' * column}{key}:{value}"))

    def _without(self, path: KeyPath) -> str:
        """Return the text without one of several keys or entries."""
        group = self._node(path[:-1])
        pairs = [(item, item) for item in group.value] if isinstance(path[-1], int) else list(group.value)
        place = path[-1] if isinstance(path[-1], int) else [pair[0].value for pair in pairs].index(path[-1])
        first, last = pairs[place]
        if getattr(group, "flow_style", False):
            if place:
                return self._spliced(content_end(pairs[place - 1][1]), content_end(last), "")
            return self._spliced(first.start_mark.index, pairs[1][0].start_mark.index, "")
        begin = line_start(self.text, first.start_mark.index)
        if self.text[begin : first.start_mark.index].strip() and isinstance(path[-1], str):
            # Behind the dash of a list's entry: the next key takes its place there.
            return self._spliced(first.start_mark.index, pairs[1][0].start_mark.index, "")
        start = self._with_comments(begin, is_first=place == 0)
        end = line_end(self.text, content_end(last))
        return self._spliced(start, min(end + len(self._newline), len(self.text)), "")

    def _with_comments(self, start: int, *, is_first: bool) -> int:
        """Return where the comment directly above a line begins; the one above the first entry is for all of them."""
        while not is_first and start:
            above = line_start(self.text, start - 1)
            if not self.text[above:start].lstrip().startswith("#"):
                break
            start = above
        return start

    def _is_in_flow(self, path: KeyPath) -> bool:
        """Whether a value stands inside brackets or braces, where nothing can be written below it."""
        return any(getattr(self._node(path[:size]), "flow_style", False) for size in range(len(path)))

    def _checked(self, text: str, wanted: dict[str, Any], path: KeyPath) -> StackText:
        """Return the changed file, if it now says what it should."""
        changed = StackText(self.file, text)
        try:
            is_right = changed.document.value == wanted
        except HeadgateError:
            is_right = False
        if not is_right:
            raise HeadgateError(
                f"`{dotted(path)}` can't be changed in place",
                where=str(self.document.origin(path)),
                found="a form of YAML that a change would not leave as it is",
                expected="one key or entry a line, or a plain list in brackets",
                fix="write the setting on a line of its own, or change it by hand",
            )
        return changed


def _pair(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node]:
    """Return a key of a group and its value."""
    return next((name, value) for name, value in node.value if name.value == key)


def _quotes(node: yaml.Node) -> str | None:
    """Return the quotes that a value has, so that the new one has them too."""
    style = getattr(node, "style", None)
    return style if style in ("'", '"') else None


def _at(value: Any, path: KeyPath) -> Any:
    for part in path:
        value = value[part]
    return value


def _with(value: dict[str, Any], path: KeyPath, new: Any) -> dict[str, Any]:
    """Return the values with one of them set, groups around it made where there are none."""
    result = copy.deepcopy(value)
    target: Any = result
    for part in path[:-1]:
        if isinstance(target, dict) and target.get(part) is None:
            target[part] = {}
        target = target[part]
    target[path[-1]] = new
    return result
