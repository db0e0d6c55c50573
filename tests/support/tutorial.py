"""A tutorial's fenced blocks, typed into a shell as a reader types them, and compared with what the tutorial shows.

A block of `sh` is commands; it ends with exit code 0 unless its last line says `# exit code N` or `# fails`. A block of
`text` right below it is what they print: `…` stands for anything, on a line of its own for any number of lines. What is
another in each run (digests, times, numbers of entries) is compared by its form alone.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"# (?:exit code (\d+)|fails)[^\n]*\n?\Z")
_QUESTION = "[y/N]: "
# The forms of what differs from run to run. The longer first.
_FORMS = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?"), "TIME"),
    (re.compile(r"(?<![\w.])[0-9a-f]{7,64}(?!\w)"), "HEX"),
    (re.compile(r"\+[0-9a-f]{8}(?:\+[\w+/=]+)?"), "+KEY"),
    (re.compile(r"\bentry \d+"), "entry N"),
    (re.compile(r"\b\d+(?= entries)"), "N"),
    (re.compile(r"\d+(?:\.\d+)?(?= m?s\b)"), "N"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Step:
    """One block of commands, how it ends, and what the tutorial shows of its output."""

    line: int
    commands: str
    code: int | None
    """None: any but 0."""
    shown: str | None

    def ends_with(self, code: int) -> bool:
        """Say whether this is how the tutorial says that it ends."""
        return code != 0 if self.code is None else code == self.code


def steps(text: str) -> Iterator[Step]:
    """Yield the blocks of commands in order."""
    fences = list(_FENCE.finditer(text))
    for fence, after in zip(fences, [*fences[1:], None], strict=True):
        if fence[1] != "sh":
            continue
        is_below = after is not None and after[1] == "text" and not text[fence.end() : after.start()].strip()
        code = _CODE.search(fence[2])
        yield Step(
            line=text.count("\n", 0, fence.start()) + 1,
            commands=fence[2],
            code=(int(code[1]) if code[1] else None) if code else 0,
            shown=after[2] if after is not None and is_below else None,
        )


@dataclass(frozen=True)
class Printed:
    """What a block of commands did."""

    code: int
    text: str


class Shell:
    """A reader's shell: what one block exports and where it goes to, the next one finds."""

    def __init__(self, folder: Path, variables: Mapping[str, str], notes: Path) -> None:
        """Begin in a folder; `notes` is where the shell's own memory is kept, outside of it."""
        self._memory = notes / "shell"
        self._where, self._environment = folder, dict(variables)

    def type(self, commands: str, timeout: float = 300) -> Printed:
        """Run a block to its end or to the first command that fails. Questions are answered with yes."""
        end = f"trap 'code=$?; env -0 > {self._memory}; pwd > {self._memory}.pwd; exit $code' EXIT"
        done = subprocess.run(
            # Variables that are only set, not exported, are there in a reader's next block too.
            ["bash", "--noprofile", "--norc", "-c", f"{end}\nset -aeo pipefail\n{commands}"],
            cwd=self._where,
            env=self._environment,
            input="y\n" * 8,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        pairs = self._memory.read_text().rstrip("\0").split("\0")
        self._environment = dict(pair.split("=", 1) for pair in pairs)
        self._where = Path(Path(f"{self._memory}.pwd").read_text().rstrip("\n"))
        # What is typed is not shown where there is no terminal.
        return Printed(done.returncode, done.stdout.replace(_QUESTION, f"{_QUESTION}y\n"))


def reader_environment(state: Path, checkout: Path) -> dict[str, str]:
    """Return the environment of somebody who has run `make up` in a checkout, and has no settings of their own."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("HEADGATE_", "PULUMI_", "GIT_"))}
    return {
        **mine,
        "HEADGATE_STATE": str(state),
        # A checkout has its own; the test's copy of one shares the installation of the original.
        "HEADGATE_POLICIES": str(checkout / "policies"),
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


def difference(shown: str, printed: str) -> str | None:
    """Return the first line of a tutorial that was not printed where it shows it; nothing, if all were."""
    lines = [_form(line) for line in printed.splitlines() if line.strip()]
    place, anywhere = 0, False
    for wanted in (line for line in shown.splitlines() if line.strip()):
        if wanted.strip() == "…":
            anywhere = True
            continue
        pattern = re.compile(".*?".join(re.escape(_form(part)) for part in wanted.split("…")))
        last = len(lines) if anywhere else place + 1
        found = next((index for index in range(place, min(last, len(lines))) if pattern.fullmatch(lines[index])), None)
        if found is None:
            return wanted
        place, anywhere = found + 1, False
    return None if anywhere or place == len(lines) else f"(nothing more), but printed was: {lines[place]}"


def _form(text: str) -> str:
    for pattern, name in _FORMS:
        text = pattern.sub(name, text)
    return text
