"""The attack suite: every attack of the table at every gate that it names, and what is sound at the same gates."""

from __future__ import annotations

from typing import Any

import pytest
from attack_table import Attack, attacks, sound

from .conftest import Pack

pytestmark = pytest.mark.component


def at(gate: str) -> Any:
    """Return the attacks on a gate, for a test of each."""
    return pytest.mark.parametrize(
        "attack", [each for each in attacks() if gate in each.refused], ids=lambda attack: attack.name
    )


@at("P")
def test_the_pull_request_is_refused(refused_by_check: dict[str, set[str]], attack: Attack) -> None:
    """Gate 1, `headgate check`, by the rule that the table names."""
    assert attack.refused["P"] in refused_by_check.get(attack.name, set())


@at("U")
def test_the_update_is_refused(pack: Pack, attack: Attack) -> None:
    """Gate 2, the policy pack, before the resource is touched."""
    assert attack.refused["U"] in pack.refuses(attack, attack.document)


@at("A")
def test_the_write_is_refused(webhook: Any, attack: Attack) -> None:
    """Gate 3, OPA as the API server asks it."""
    response = webhook.answer(attack.review())
    told = response.get("status", {}).get("message", "")

    assert (response["allowed"], f"[{attack.refused['A']}]" in told) == (False, True), told


@pytest.mark.parametrize("attack", [each for each in attacks() if each.preview], ids=lambda attack: attack.name)
def test_what_is_unknown_in_the_preview_is_refused_by_the_update(pack: Pack, attack: Attack) -> None:
    """The preview lets it wait, and the update decides by the value that came of it."""
    assert attack.preview is not None
    waits = pack.refuses(attack, attack.preview, preview=True)

    assert (waits, attack.refused["U"] in pack.refuses(attack, attack.document)) == (set(), True)


@pytest.mark.parametrize("row", sound(), ids=lambda row: row.name)
def test_what_the_attacks_are_made_of_is_let_through(
    refused_by_check: dict[str, set[str]], pack: Pack, webhook: Any, row: Attack
) -> None:
    """So that it is the attack that is refused, and not what carries it."""
    answer = webhook.answer(row.review())

    assert (refused_by_check.get(row.name, set()), pack.refuses(row, row.document), answer["allowed"]) == (
        set(),
        set(),
        True,
    ), answer
