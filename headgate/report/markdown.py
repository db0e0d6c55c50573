"""The decision as the comment of a pull request."""

from __future__ import annotations

from headgate.policy.decision import Decision, Result, Violation
from headgate.report.interface import label, place, verdict

# GitHub refuses longer comments.
_LIMIT = 60_000


def render(decision: Decision) -> str:
    """Return the verdict, then a table of what to change."""
    title = "❌" if decision.blocking else "✅"
    lines = [f"### {title} Headgate: {verdict(decision)}", ""]
    rows = [_row(result, item) for result in decision.findings for item in result.violations]
    if rows:
        lines += ["| | rule | where | what is wrong | write instead |", "|---|---|---|---|---|"]
        kept = _fitting(rows)
        lines += kept
        if len(kept) < len(rows):
            lines += ["", f"{len(rows) - len(kept)} more are in the full report."]
        lines.append("")
    stack = f"stack `{decision.stack}`, " if decision.stack else ""
    lines.append(f"<sub>{stack}environment `{decision.environment}`, rules `{decision.bundle_digest[:19]}`</sub>")
    return "\n".join(lines) + "\n"


def _fitting(rows: list[str]) -> list[str]:
    kept, size = [], 0
    for row in rows:
        size += len(row)
        if size > _LIMIT:
            break
        kept.append(row)
    return kept


def _row(result: Result, violation: Violation) -> str:
    cells = [
        label(result),
        f"[{result.rule.id}]({result.rule.page})",
        f"{_code(place(result, violation))} {_code(violation.property)}",
        _text(violation.message),
        _code(violation.expected),
    ]
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    escaped = " ".join(text.split()).replace("`", "'").replace("|", "\\|")
    return f"`{escaped}`" if text else ""


_ESCAPES = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_[]|#"} | {"<": "&lt;", ">": "&gt;", "@": "&#64;", "\n": " ", "\r": " "}
)


def _text(text: str) -> str:
    """Keep what an author of manifests wrote from becoming markup, a mention or another row."""
    return text.translate(_ESCAPES)
