"""A version on a shelf, and those who sign it. Keys are made once: making one takes longer than a test."""

from __future__ import annotations

import pytest
from model_shelf import CARD, EVALUATION, LINEAGE, People, Shelf, version

from headgate.model.artifact import ModelVersion
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind


@pytest.fixture(scope="session")
def people() -> People:
    """Return those who sign."""
    return People()


@pytest.fixture
def shelf() -> Shelf:
    """Return an empty shelf."""
    return Shelf()


@pytest.fixture
def model(shelf: Shelf) -> ModelVersion:
    """Return a version of which nothing is proven."""
    return shelf.put(version())


@pytest.fixture
def proven(shelf: Shelf, model: ModelVersion, people: People) -> ModelVersion:
    """Return a version that has all that promotion asks for."""
    desk = people.desk(shelf, people.trainer)
    desk.sign(model)
    for kind, said in ((Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)):
        desk.attest(model, kind, said)
    desk.attest(model, Kind.BOM, bill_of(model, None))
    return model
