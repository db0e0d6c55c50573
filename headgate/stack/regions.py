"""The region catalogue: which regions exist for a platform, and what each can do."""

from __future__ import annotations

import difflib
import functools
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from headgate import yaml_text

CATALOGUE = Path(__file__).with_name("regions.yaml")


class RegionFacts(BaseModel):
    """What a region can do. A region without zones may still be a standby."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str = Field(description="Country that the data is in.")
    zones: tuple[str, ...] = Field(description="Availability zones that clusters can spread over; empty for none.")
    data_classes: tuple[str, ...] = Field(description="Classes of data that may be kept in this region.")
    registry_zones: bool = Field(description="Whether a container registry can be zone-redundant here.")
    private_link: str = Field(description="Nearest region from which the edge offers private link to this one.")


@functools.cache
def region_catalogue() -> dict[str, RegionFacts]:
    """Return the catalogue, read once."""
    rows: dict[str, Any] = yaml_text.load(CATALOGUE.read_text(encoding="utf-8"))
    return {name: RegionFacts.model_validate(row) for name, row in rows.items()}


def known_region(name: str) -> str:
    """Return the name, or say which regions the catalogue has."""
    catalogue = region_catalogue()
    if name in catalogue:
        return name
    close = difflib.get_close_matches(name, catalogue, n=1)
    raise PydanticCustomError(
        "region",
        "a region of the catalogue",
        {
            "expected_text": f"a region of headgate/stack/regions.yaml: {', '.join(catalogue)}",
            "fix": f"did you mean `{close[0]}`?" if close else "add the region's facts to headgate/stack/regions.yaml",
        },
    )
