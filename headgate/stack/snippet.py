"""A value as text that can be put into a stack file: copied from another file with its comments, or written anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.stack.document import parse_document, scalar

_WIDTH = 4096  # flow values stay on one line


class _Quoting(yaml.SafeDumper):
    """Writes each text in quotes."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@dataclass(frozen=True)
class Snippet:
    """A value, and how it is written; `lines` is empty for what fits behind its key."""

    value: Any
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Any) -> Snippet:
        """Return a value written anew, on one line."""
        return cls(value)

    @property
    def is_block(self) -> bool:
        """Whether the value stands below its key, indented."""
        return bool(self.lines)

    def inline(self, quotes: str | None = None) -> str:
        """Return the value on one line; a text keeps the quotes of the one before it."""
        text = yaml.safe_dump(
            self.value, default_flow_style=True, width=_WIDTH, sort_keys=False, allow_unicode=True
        ).removesuffix("...\n")
        text = " ".join(text.split("\n")).strip()
        kept = f"{quotes}{self.value}{quotes}"
        if quotes and isinstance(self.value, str) and "\n" not in kept and _means(kept, self.value):
            return kept
        # Pulumi's reader takes `1.36` for a number and `yes` for a word: what would not come back as it is, is quoted.
        return text if _means(text, self.value) else _quoted(self.value)

    def block(self, column: int) -> str:
        """Return the value's lines, indented."""
        lines = self.lines or (self.inline(),)
        return "\n".join(" " * column + line if line.strip() else "" for line in lines)

    def in_list(self) -> Snippet:
        """Return a list with the value as its only entry."""
        lines = self.lines or (self.inline(),)
        return Snippet([self.value], (f"- {lines[0]}", *(f"  {line}" if line.strip() else "" for line in lines[1:])))


def _means(text: str, value: Any) -> bool:
    """Whether a text is read as a value by our own reader."""
    try:
        return bool(parse_document(f"value: {text}\n", "").value["value"] == value)
    except HeadgateError:
        return False


def _quoted(value: Any) -> str:
    """Return a value with every text in it in quotes; numbers and words stay what they are."""
    dumped: str = yaml.dump(
        value, Dumper=_Quoting, default_flow_style=True, width=_WIDTH, sort_keys=False, allow_unicode=True
    )
    return " ".join(dumped.removesuffix("...\n").split("\n")).strip()


def snippet_of(text: str, node: yaml.Node) -> Snippet:
    """Return a value as it is written in a file."""
    value = _value(node)
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False):
        return Snippet(value)
    column = node.start_mark.column
    end = line_end(text, content_end(node))
    first, *others = text[node.start_mark.index : end].replace("\r\n", "\n").split("\n")
    return Snippet(value, (first.rstrip(), *(_dedented(line, column) for line in others)))


def _dedented(line: str, column: int) -> str:
    """Take the indentation off; a comment may begin further left than what it is about."""
    return line[column:].rstrip() if not line[:column].strip() else line.strip()


def _value(node: yaml.Node) -> Any:
    """Return what a node says, as the loader reads it."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _value(item) for key, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return scalar(node)


def content_end(node: yaml.Node) -> int:
    """Return where a value's last character is; the parser's own mark of a block is beyond the comments after it."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return content_end(last[1] if isinstance(last, tuple) else last)


def line_start(text: str, index: int) -> int:
    """Return where the line of a place begins."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Return where the line of a place ends, without its line break."""
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end
