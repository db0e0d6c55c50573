"""What the documents say is there: links lead somewhere, commands and targets exist, options are real."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from headgate.cli.main import cli
from headgate.sandbox.azure.types import CATALOGUE

pytestmark = pytest.mark.unit
CHECKOUT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)")
_BLOCK = re.compile(r"^ *```(?:console|bash|sh)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:headgate|make) [^`]+)`")
# Words in place of a value: `headgate stack explain STACK`, `--key <file>`, `a | b`, `…`.
_PLACEHOLDER = re.compile(r"[<>|…\[\]*]|\.\.\.|&&|;|\$\(")


def name_of(path: Path) -> str:
    """Return a document's path as a test's name."""
    return str(path.relative_to(CHECKOUT))


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that a document's headings make."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)).lower() for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    """Each relative link names a file or folder of the checkout, and each anchor a heading."""
    broken = []
    for link in _LINK.findall(document.read_text()):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            broken.append(link)

    assert broken == []


def commands_of(document: Path) -> list[str]:
    """Return the commands that a document shows, without comments and prompts."""
    text = document.read_text()
    lines = [line.strip().removeprefix("$ ") for block in _BLOCK.findall(text) for line in block.splitlines()]
    shown = [line for line in lines if re.match(r"(?:\.venv/bin/)?(headgate|make) ", line)]
    return [re.sub(r"\s+#.*", "", line).removeprefix(".venv/bin/") for line in [*shown, *_INLINE.findall(text)]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_exist(document: Path) -> None:
    """Each `headgate` command with its options, and each `make` target, that a document shows."""
    wrong = [line for line in commands_of(document) if not exists(line)]

    assert wrong == []


def exists(line: str) -> bool:
    """Say whether a command line can be meant."""
    words = shlex.split(line.replace("'", ""))
    if words[0] == "make":
        return all(word in targets() or "=" in word for word in words[1:] if not _PLACEHOLDER.search(word))
    return _exists(cli, words[1:])


def targets() -> set[str]:
    """Return the Makefile's targets."""
    return set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))


def _exists(command: click.Command, words: list[str]) -> bool:
    """Follow the words down to a command and look its options up."""
    context = click.Context(command)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if _PLACEHOLDER.search(words[0]):
            return True
        found = command.get_command(context, words[0])
        return found is not None and _exists(found, words[1:])
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]
    return all(option in known | {"--help", "-h"} or _PLACEHOLDER.search(option) for option in options)


def test_the_check_itself_tells_right_from_wrong() -> None:
    """A command that does not exist, an option that does not, a target that does not."""
    assert [
        line for line in ("headgate audit verify --ledger X", "headgate check", "make up") if not exists(line)
    ] == []
    assert not exists("headgate nonsense")
    assert not exists("headgate audit verify --nonsense")
    assert not exists("make nonsense")


def test_help_shown_in_the_readme_is_the_commands_own() -> None:
    """A help text in the README is what the command prints."""
    readme = (CHECKOUT / "README.md").read_text()
    for shown in re.findall(r"```text\n(Usage: headgate.*?)```", readme, re.DOTALL):
        assert shown.strip() in (CHECKOUT / "docs/reference/commands.md").read_text()


def test_the_page_of_azure_in_miniature_names_every_type_once() -> None:
    """With the type's name in Azure's own words, so that whoever reads it can look it up there."""
    page = (CHECKOUT / "docs" / "reference" / "azure-in-miniature.md").read_text()
    rows = re.findall(r"^\| `(\w+:\w+)` \| `([^`]+)`", page, re.MULTILINE)

    assert [token for token, _ in rows] == sorted(CATALOGUE)
    assert [(token, arm) for token, arm in rows if CATALOGUE[token].arm_type != arm] == []
