"""Who answers for a resource, as Azure tags."""

from components.contract.ownership import Ownership


def tags(ownership: Ownership) -> dict[str, str]:
    """Return the tags of every resource."""
    return {
        "team": ownership["team"],
        "owner": ownership["owner"],
        "environment": ownership["environment"],
        "cost-center": ownership["cost_center"],
        "data-class": ownership["data_class"],
        "commit": ownership["commit"],
        "change": ownership["change"],
        "managed-by": "headgate",
    }
