"""A new rule, as files that pass `headgate policy test` at once: its author changes what it says, not how it is built.

Owns the templates and the next free id. Judges nothing; `rego_test` and the parity tests do.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import CATEGORIES
from headgate.policy.page import FOLDER
from headgate.policy.templates import OBJECT, RELATION, Template

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ID = re.compile(r"HG-([A-Z]{2})-([0-9]{3})")
# Long enough for teams to see a rule's warnings before it denies.
_WARNS_FOR = datetime.timedelta(days=30)
_TEMPLATES = {"object": OBJECT, "relation": RELATION}


def new_rule(bundle: Bundle, category: str, name: str, scope: str, today: datetime.date) -> tuple[str, list[Path]]:
    """Write a rule's folder and samples; return its id, and the files."""
    prefix = _prefix(category)
    if not _NAME.fullmatch(name):
        raise HeadgateError(
            "a rule's name is a package of Rego",
            found=name,
            expected="small letters, digits and single underscores, such as default_deny",
            fix=f"headgate policy new {category} default_deny",
        )
    rule, samples = (bundle.root / part / category / name for part in ("rego/rules", "samples"))
    for folder in (rule, samples):
        if folder.exists():
            raise HeadgateError(
                "there is such a rule already",
                where=str(folder),
                found="a folder of this name",
                expected="a name that is free",
                fix="choose another name, or change the rule that is there",
            )
    rule_id = next_id(bundle, prefix)
    files = _files(_TEMPLATES[scope], rule, samples)
    words = {
        "ID": rule_id,
        "CATEGORY": category,
        "NAME": name,
        "SINCE": (today + _WARNS_FOR).isoformat(),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(text, words), encoding="utf-8")
    return rule_id, sorted(files)


def next_id(bundle: Bundle, prefix: str) -> str:
    """Return the first id that no rule has, after all that one has: an id whose rule is gone is not given again."""
    pages = (path.stem for path in (CHECKOUT / FOLDER).glob("*.md"))
    found = [_ID.fullmatch(text) for text in (*(rule.id for rule in bundle.rules), *pages)]
    numbers = [int(match[2]) for match in found if match and match[1] == prefix]
    return f"HG-{prefix}-{max(numbers, default=0) + 1:03d}"


def _prefix(category: str) -> str:
    if category not in CATEGORIES:
        raise HeadgateError(
            "there is no such category of rules",
            found=category,
            expected=", ".join(sorted(CATEGORIES)),
            fix="name one of them; a new one is a decision of the rules' owners (policies/rego/checks)",
        )
    return CATEGORIES[category]


def _files(template: Template, rule: Path, samples: Path) -> dict[Path, str]:
    return {
        rule / f"{rule.name}.rego": template.rule,
        rule / f"{rule.name}_test.rego": template.test,
        **{samples / "allowed" / name: text for name, text in template.allowed.items()},
        **{samples / "disallowed" / name: text for name, text in template.disallowed.items()},
    }


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
