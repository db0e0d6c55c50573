"""A report as one HTML page: no script, nothing fetched, so that it reads the same in ten years and prints well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from headgate.evidence import operations

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #b03a2e; --good: #1e7a45; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a7a; --good: #6fd08c; --quiet: #a0a0a0; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
h1, h3, summary, p { overflow-wrap: anywhere; } section { break-inside: avoid; margin-bottom: 2rem; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
code { font-size: .88em; overflow-wrap: anywhere; } time { white-space: nowrap; }
.bad { color: var(--bad); } .good { color: var(--good); } .none { color: var(--quiet); }
.wide { overflow-x: auto; } .wide td code { display: inline-block; min-width: 15rem; }
@media print { .wide { overflow: visible; } .wide td code { min-width: 0; } }
"""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def page(report: Mapping[str, Any], ledger: Mapping[str, str]) -> str:
    """Return the page; `ledger` says which tree it was made from."""
    asked = ", ".join(f"{name} {value}" for name, value in report["asked"].items()) or "everything"
    parts = [
        f"<h1>Audit report: {escape(asked)}</h1>",
        _table(["of the ledger", ""], [[name, _code(value)] for name, value in ledger.items()]),
        "<h2>Deployments</h2>",
        *(_deployment(one) for one in report["deployments"]),
        "" if report["deployments"] else _none("none was recorded"),
        "<h2>Decisions that no deployment followed</h2>",
        _attempts(report["not_deployed"]),
        *(_operations(one, f"{one['stack']}: ") for one in report.get("not_finished", ())),
        "<h2>Models</h2>",
        _rows(
            _approved(report["models"]),
            ("entry", "time", "actor", "model", "action", "from", "to", "approved_by", "digest"),
        ),
        "<h2>Drills, incidents, alerts, waivers</h2>",
        _rows(report["events"], ("entry", "time", "actor", "kind", "subject", "status", "result", "recovery_seconds")),
        "<h2>Controls</h2>",
        _rows(report["controls"], ("control", "rules", "decisions", "violated", "waived", "last_decision")),
        *(("<h2>Controls of other documents</h2>", _mapped(report["mapped"])) if report.get("mapped") else ()),
    ]
    # Without it a telephone shows the page as a desk would, in letters that nobody can read.
    viewport = '<meta name=viewport content="width=device-width, initial-scale=1">'
    head = f"<meta charset=utf-8>{viewport}<title>Audit report: {escape(asked)}</title><style>{_STYLE}</style>"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _approved(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return what happened to models, with who approved it beside it."""
    return [
        {
            **row,
            "approved_by": [_with_role(row)] if "approver" in row else row.get("approved_by", []),
        }
        for row in rows
    ]


def _with_role(row: Mapping[str, Any]) -> str:
    """Return who approved, and as what where that was recorded."""
    return f"{row['approver']} ({row['role']})" if "role" in row else str(row["approver"])


def _deployment(row: Mapping[str, Any]) -> str:
    """Return one deployment with what it rests on."""
    title = f"{row['stack']}, {row['time']}, by {row['actor']} (entry {row['entry']})"
    facts = [
        ["models", escape(", ".join(row["models"])) or _none("none that the ledger names")],
        ["under the rules", _code(row["policy"]) if row["policy"] else _none("not recorded")],
        ["plan", _code(row["plan"]) if row["plan"] else _none("not recorded")],
        ["added", _codes(row["added"])],
        ["removed", _codes(row["removed"])],
    ]
    missing = "".join(f'<p class="bad">{escape(one)}</p>' for one in row["missing"])
    return (
        f"<section><h3>{escape(title)}</h3>{missing}{_table(['', ''], facts)}"
        f"{_rows(row['approvals'], ('entry', 'time', 'approver', 'role', 'kind', 'of_this_plan'), 'approvals')}"
        f"{_rows(row['decisions'], ('entry', 'time', 'gate', 'phase', 'verdict', 'policy'), 'decisions')}"
        f"{''.join(_operations(one) for one in row.get('operations', ()))}</section>"
    )


def _operations(row: Mapping[str, Any], title: str = "") -> str:
    """Return what was done to each resource, folded: an update may have thousands."""
    where = f"(entry {row['entry']}{operations.part(row)})"
    head = f"{title}{row.get('action', '')} {row.get('result', '')} {where}: {operations.told(row)}"
    errors = "".join(f'<p class="bad">{escape(one)}</p>' for one in operations.errors(row))
    rows = _rows(operations.resources(row), ("urn", "operation", "result", "errors"), "resources")
    return f"<details><summary>{escape(head)}</summary>{errors}{rows}</details>"


def _mapped(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what serves the controls that rules do not name themselves."""
    cells = [
        {**row, "evidence": [f"{count} {kind}" for kind, count in row.get("evidence", {}).items()]} for row in rows
    ]
    for row in cells:
        row.setdefault("rules", [])
        row.setdefault("commands", [f"none: {row['outside']}"] if "outside" in row else [])
    return _rows(cells, ("id", "about", "rules", "commands", "evidence"))


def _attempts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the decisions that stopped something, or wait."""
    return _rows(rows, ("entry", "time", "actor", "stack", "gate", "verdict", "failed"))


def _rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], what: str = "") -> str:
    """Return a table of rows, or that there are none."""
    if not rows:
        return f"<p>{_none(f'no {what}' if what else 'none was recorded')}</p>"
    heads = [f"{what}: {columns[0]}" if what else columns[0], *columns[1:]]
    cells = [[_cell(row.get(one)) for one in columns] for row in rows]
    return f'<div class="wide">{_table([one.replace("_", " ") for one in heads], cells)}</div>'


def _cell(value: Any) -> str:
    """Return a value as a cell."""
    if value is None:
        return _none("not recorded")
    if isinstance(value, bool):
        return "yes" if value else '<span class="bad">no</span>'
    if isinstance(value, list):
        return escape(", ".join(str(one) for one in value)) or _none("none")
    text = str(value)
    if text in ("pass", "fail"):
        return f'<span class="{"good" if text == "pass" else "bad"}">{text}</span>'
    if _TIME.fullmatch(text):
        return f"<time>{text}</time>"
    return _code(text) if text.startswith(("sha256:", "urn:")) else escape(text)


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _codes(values: Sequence[str]) -> str:
    """Return digests."""
    return "<br>".join(map(_code, values)) or _none("none")


def _code(value: object) -> str:
    """Return text to copy."""
    return f"<code>{escape(str(value))}</code>"


def _none(text: str) -> str:
    """Return what says that something is not there."""
    return f'<span class="none">{escape(text)}</span>'
