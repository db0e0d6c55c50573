"""SVG in the few shapes that the pictures need. Fonts are the reader's own: nothing is fetched."""

from __future__ import annotations

from html import escape

MONOSPACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """Return one element; `class_` and hyphens are written as Python allows."""
    pairs = (f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items())
    inner = "".join(pairs)
    return f"<{name}{inner}>{content}</{name}>" if content else f"<{name}{inner}/>"


def text(x: float, y: float, content: str, /, **attributes: object) -> str:
    """Return a text."""
    return element("text", escape(content), x=_short(x), y=_short(y), **attributes)


def box(x: float, y: float, width: float, height: float, /, **attributes: object) -> str:
    """Return a rectangle with round corners."""
    return element("rect", x=_short(x), y=_short(y), width=_short(width), height=_short(height), **attributes)


def picture(width: float, height: float, title: str, style: str, content: list[str]) -> str:
    """Return a whole document, with a title for those who do not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_short(width)} {_short(height)}" '
        f'width="{_short(width)}" height="{_short(height)}" role="img">'
    )
    return "\n".join([head, element("title", escape(title)), f"<style>{style}</style>", *content, "</svg>", ""])


def _short(number: float) -> str:
    """Write a number without needless digits, so that pictures compare line by line."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
