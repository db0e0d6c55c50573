"""Who answers for an object, as labels."""

from components import names
from components.contract.ownership import Ownership


def labels(ownership: Ownership, **more: str) -> dict[str, str]:
    """Return the labels of every object; `more` adds to them under `headgate.dev/`."""
    own = {
        "team": ownership["team"],
        "owner": ownership["owner"],
        "environment": ownership["environment"],
        "cost-center": ownership["cost_center"],
        "data-class": ownership["data_class"],
        "commit": ownership["commit"],
        "change": ownership["change"],
        **more,
    }
    return {
        "app.kubernetes.io/managed-by": "headgate",
        **{f"headgate.dev/{key}": names.label(value) for key, value in own.items()},
    }


def pod_labels(ownership: Ownership, **more: str) -> dict[str, str]:
    """Return the labels of pods: without commit and change, which would restart every pod at each commit."""
    moving = ("headgate.dev/commit", "headgate.dev/change")
    return {key: value for key, value in labels(ownership, **more).items() if key not in moving}
