"""The options that all Azure components share, applied to each resource that a component makes.

A constructor makes one `Guard`; its builders take tags and resource options from it, and hand each resource that
others depend on to `attend`, which adds logs, private endpoints, rights and the lock. The lock comes last and leaves
first: under it, nothing that belongs to the resource can be taken away.
"""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import authorization

from components.azure.diagnostics import log_everything
from components.azure.grants import grant, role_id
from components.azure.private_access import Service, Target, private_endpoint
from components.azure.tags import tags
from components.contract.guarding import PrivateNetwork, SharedArgs

LOCK_NAME = "headgate-keep"


class Guard:
    """Tags, logs, private access, rights, lock and protection of one component's resources."""

    def __init__(self, component: pulumi.Resource, name: str, args: SharedArgs) -> None:
        self._component = component
        self._name = name
        self._guarding = args.get("guarding", {})
        self._protected = args.get("protect", True)
        self.tags = tags(args["ownership"])
        self.environment = args["ownership"]["environment"]

    def options(
        self,
        *,
        protect: bool = False,
        depends_on: Sequence[pulumi.Resource] = (),
        ignore_changes: list[str] | None = None,
    ) -> pulumi.ResourceOptions:
        """Return a child's options; `protect` marks what holds data, and counts unless the component's own is off."""
        return pulumi.ResourceOptions(
            parent=self._component,
            protect=protect and self._protected,
            depends_on=list(depends_on) or None,
            ignore_changes=ignore_changes,
        )

    def attend(
        self,
        suffix: str,
        resource: pulumi.CustomResource,
        *,
        workspace_id: pulumi.Input[str] | None = None,
        metrics: bool = True,
        reached_as: tuple[Service, str] | None = None,
        reached_in: str | None = None,
        networks: Sequence[PrivateNetwork] = (),
        granted: bool = False,
        locked: bool = False,
        after: Sequence[pulumi.Resource] = (),
    ) -> list[pulumi.Resource]:
        """Add what guards a resource, and return it.

        `workspace_id` gets its logs, and its metrics where it has any; `reached_as` is its service and physical name,
        for private endpoints in the component's networks and in `networks`, `reached_in` its region where that names
        the service's zones; `granted` says that the component's
        grants are on it, `locked` that it holds data. `after` are its own children: endpoints come after
        them, and the lock must not keep them.
        """
        logical = f"{self._name}-{suffix}"
        made: list[pulumi.Resource] = []
        if workspace_id is not None:
            made.append(log_everything(logical, resource, workspace_id, self._component, metrics=metrics))
        if reached_as is not None:
            target = Target(resource.id, reached_as[1], reached_as[0], reached_in)
            made += self._reach(logical, target, networks, after)
        if granted:
            made += self._grant(logical, resource)
        if locked and self._guarding.get("lock", True):
            made.append(self._lock(logical, resource, [*after, *made]))
        return made

    def _reach(
        self, logical: str, target: Target, networks: Sequence[PrivateNetwork], after: Sequence[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        """Give the resource an address in each network."""
        return [
            made
            for access in [*networks, *self._guarding.get("private_access", [])]
            for made in private_endpoint(logical, target, access, self.tags, self._component, after)
        ]

    def _grant(self, logical: str, resource: pulumi.CustomResource) -> list[pulumi.Resource]:
        """Give each principal its right on the resource."""
        return [
            grant(
                f"{logical}-{each['name']}-grant",
                role_id(each["role"]),
                each["principal_id"],
                resource.id,
                self._component,
                principal_type=each.get("principal_type", "Group"),
                formerly=[f"{logical}-{former}-grant" for former in each.get("formerly", [])],
            )
            for each in self._guarding.get("grants", [])
        ]

    def _lock(
        self, logical: str, resource: pulumi.CustomResource, after: list[pulumi.Resource]
    ) -> authorization.ManagementLockByScope:
        """Refuse deletion of the resource, and of everything below it."""
        return authorization.ManagementLockByScope(
            f"{logical}-lock",
            lock_name=LOCK_NAME,
            scope=resource.id,
            level="CanNotDelete",
            notes="Made by Headgate: take it away in the stack's settings (lock: false), in an update of its own.",
            opts=self.options(depends_on=after),
        )
