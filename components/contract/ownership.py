"""Who answers for a resource: on everything that a component makes."""

from typing import TypedDict


class Ownership(TypedDict):
    """Who answers for a resource, who pays, and which change made it. Becomes tags and labels."""

    team: str
    """Team, or `platform`."""
    owner: str
    """Group or person that answers for it."""
    environment: str
    """dev, staging, prod or sandbox."""
    cost_center: str
    """Where the cost is booked."""
    data_class: str
    """Most sensitive data that it may carry: public, internal, confidential or restricted."""
    commit: str
    """Commit of the program and the stack that made it."""
    change: str
    """Change request that asked for it."""
