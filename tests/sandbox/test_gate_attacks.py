"""Every attack of the table that admission refuses, sent to the API servers of both regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from attack_table import Attack, attacks, sound
from running_platform import RunningPlatform
from sent_attacks import laid_out, said

from headgate.sandbox.kube import KubeClient

pytestmark = pytest.mark.sandbox

REGIONS = ("uaenorth", "uaecentral")
SENT = [each for each in attacks() if "A" in each.refused and "not" not in each.cluster]
# Of webhook configurations an API server asks nobody.
SOUND = [each for each in sound() if each.name != "webhook"]


@pytest.fixture(scope="module")
def servers(platform: RunningPlatform) -> Iterator[list[KubeClient]]:
    """Lay out what attacks begin from, in both regions."""
    clients = [KubeClient.from_kubeconfig(platform.kubeconfig(region)) for region in REGIONS]
    with ExitStack() as stack:
        for each in clients:
            stack.enter_context(laid_out(each))
        yield clients


@pytest.mark.parametrize("attack", SENT, ids=lambda attack: attack.name)
def test_an_attack_is_refused_by_the_api_servers_of_both_regions(servers: list[KubeClient], attack: Attack) -> None:
    """By the rule that refuses it at a gate alone, or by the API server's own word before it asks the gate."""
    word = attack.cluster.get("before") or f'"admission.headgate.dev" denied the request: [{attack.refused["A"]}]'
    answers = [said(each, attack) for each in servers]

    assert [word in each for each in answers] == [True] * len(REGIONS), answers


@pytest.mark.parametrize("row", SOUND, ids=lambda row: row.name)
def test_what_the_attacks_are_made_of_is_let_through_in_both_regions(servers: list[KubeClient], row: Attack) -> None:
    """So that it is the attack that is refused, and not what carries it. A pod of that name is there already."""
    answers = [said(each, row) for each in servers]

    assert answers in ([""] * len(REGIONS), ['pods "scorer" already exists'] * len(REGIONS))
