"""The model registry's client: versions as OCI artifacts.

The distribution client is our own and small: oras-py buffers whole blobs, builds on `requests`, and can neither
resume an upload nor keep referrers on a registry without the referrers API, which the one we embed is.
"""

from headgate.model.artifact import ModelFile, ModelVersion, TensorSpec
from headgate.model.descriptor import Descriptor, Reference
from headgate.model.errors import IntegrityError, RegistryError, UnusableReferenceError
from headgate.model.images import program_image, push_program_image, push_runtime_image, runtime_image
from headgate.model.registry import Registry
from headgate.model.transport import Endpoint, Resolver, system_resolver
from headgate.model.versions import ModelRegistry, Pushed, build

__all__ = [
    "Descriptor",
    "Endpoint",
    "IntegrityError",
    "ModelFile",
    "ModelRegistry",
    "ModelVersion",
    "Pushed",
    "Reference",
    "Registry",
    "RegistryError",
    "Resolver",
    "TensorSpec",
    "UnusableReferenceError",
    "build",
    "program_image",
    "push_program_image",
    "push_runtime_image",
    "runtime_image",
    "system_resolver",
]
