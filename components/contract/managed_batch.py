"""Contract of ManagedBatchScoring: a model that scores data on the machine-learning service, when it is called."""

from typing import NotRequired, TypedDict

from components.contract.guarding import Guarding
from components.contract.learning import JobIdentity, LearningNodes, LearningPlace
from components.contract.ownership import Ownership


class ManagedBatchScoringArgs(TypedDict):
    """What ManagedBatchScoring takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its team is part of every name."""
    place: LearningPlace
    """Workspace that it runs in."""
    nodes: LearningNodes
    """Machines that are made for it."""
    identity: JobIdentity
    """Who it acts as."""
    job: str
    """Name of the job."""
    model_id: str
    """Version of the model in the registry: azureml://registries/<registry>/models/<model>/versions/<version>."""
    runtime_image: str
    """The program that scores, by digest; each digest is a version of the environment."""
    environment_version: NotRequired[str]
    """Name of the environment's version; the beginning of the image's digest by default. What a locked workspace had
    once it keeps, so going back to an earlier image takes a name that was never given."""
    files_at_once: NotRequired[int]
    """Files that the program is given at a time; 10 by default."""
    retries: NotRequired[int]
    """Times that such a part is tried again; 3 by default."""
    part_minutes: NotRequired[int]
    """Minutes after which a part is given up; 30 by default."""
    failures: NotRequired[int]
    """Files that may fail before the whole run does; none by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace what holds data; nothing here does."""
    guarding: NotRequired[Guarding]
    """Private access, lock and rights; nothing here can be reached or locked by itself."""
