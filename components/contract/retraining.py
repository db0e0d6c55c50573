"""Contract of RetrainingReceiver: what starts a team's pipelines when an alert or new data asks for it."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class RetrainingLedger(TypedDict):
    """Where runs are recorded before they start."""

    url: pulumi.Input[str]
    """Where the audit collector takes entries: `https://…/v1/entries`."""
    token: pulumi.Input[str]
    """What the receiver shows there."""
    authority: NotRequired[pulumi.Input[str]]
    """Authority of the collector's certificate, as PEM; the image's own by default."""


class RetrainingReceiverArgs(TypedDict):
    """What RetrainingReceiver takes."""

    ownership: Ownership
    """Who answers for it; it starts the pipelines of its team alone."""
    namespace: str
    """Namespace of the team."""
    image: pulumi.Input[str]
    """Image of the receiver, by digest."""
    token: pulumi.Input[str]
    """What callers show: Alertmanager, Azure's action groups, Event Grid, a registry."""
    ledger: RetrainingLedger
    """Where runs are recorded; one that can't be recorded is not started."""
    callers: NotRequired[list[str]]
    """Namespaces that may call it; `headgate-monitoring` and the gateway's by default."""
    replicas: NotRequired[int]
    """Pods; 2 by default. Two that hear the same start one run."""
