"""How a tutorial's blocks are read and compared, so that the test on a platform can be believed."""

from __future__ import annotations

import pytest
from tutorial import Step, difference, steps

pytestmark = pytest.mark.unit
TEXT = """# Title

```sh
headgate plan      # exit code 3: only approvals are missing
```

```text
verdict pass
```

Words.

```sh
one
two
```

More words, so what follows is not of these commands.

```text
three
```

```sh
three      # fails
```

```yaml
not: commands
```
"""


def test_blocks_of_commands_come_with_how_they_end_and_what_they_print() -> None:
    """Only a block right below shows the output; other languages are no commands."""
    assert list(steps(TEXT)) == [
        Step(3, "headgate plan      # exit code 3: only approvals are missing\n", 3, "verdict pass\n"),
        Step(13, "one\ntwo\n", 0, None),
        Step(24, "three      # fails\n", None, None),
    ]
    assert [step.ends_with(1) for step in steps(TEXT)] == [False, False, True]
    assert [step.ends_with(0) for step in steps(TEXT)] == [False, True, False]


PRINTED = """approved by 1 of 2
signed sha256:8a717de4774e55cad37b565653c067c78c11d7baefaecda84d9aff25177bf285

made 2026-11-21T09:12:41.342086Z in 12 s
entry 266 of 1034 entries
"""


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "…\nsigned sha256:0000000\nmade 2025-01-01T00:00:00Z in 3.5 s\n…",
        "approved by 1 …\n…\nentry 7 of 12 entries",
    ],
)
def test_what_differs_from_run_to_run_is_compared_by_its_form(shown: str) -> None:
    """Digests, times and numbers of entries; and what is left out is."""
    assert difference(shown, PRINTED) is None


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ("approved by 2 of 2\n…", "approved by 2 of 2"),
        ("…\nnot there\n…", "not there"),
        ("…\nmade 2026-11-21 in 12 s\napproved by 1 of 2", "approved by 1 of 2"),
        ("approved by 1 of 2", "(nothing more), but printed was: signed sha256:HEX"),
    ],
)
def test_what_was_not_printed_so_is_told(shown: str, missing: str) -> None:
    """Another number, a line that is not there, an order that is another, a line that is not shown."""
    assert difference(shown, PRINTED) == missing
