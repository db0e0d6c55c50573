"""The runbooks that the rules know are those that are there, and where the platforms publish them."""

from __future__ import annotations

import pytest

from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.stack import load_stack

pytestmark = pytest.mark.unit

PAGES = sorted(page.stem for page in (CHECKOUT / "docs" / "runbooks").glob("*.md") if page.stem != "README")
PLATFORMS = sorted(path.stem.removeprefix("Pulumi.") for path in (CHECKOUT / "stacks").glob("Pulumi.platform-*.yaml"))


@pytest.mark.parametrize("stack", PLATFORMS)
def test_a_platforms_alerts_link_to_pages_that_are_there(stack: str) -> None:
    """HG-MO-002 takes a link for good when its address and its page are in the parameters."""
    runbooks = load_stack(stack, CHECKOUT / "stacks").platform.monitoring.runbooks
    known = Bundle.find(CHECKOUT / "policies").parameters["base"]["monitoring"]["runbooks"]

    assert known == {runbooks.rstrip("/"): PAGES}
