"""What pulumi_azure_native's own generated types say about a resource: names, types, enums, required, defaults.

Owns reading the installed SDK's source, lazily and one resource at a time. Nothing of the SDK is imported: its modules
take seconds and hundreds of megabytes where a slice of their text takes milliseconds.
"""

from headgate.sandbox.azure.sdk.schema import Property, ResourceSchema, schema_of
from headgate.sandbox.azure.sdk.validate import Problem, stated_only, validate, with_defaults

__all__ = ["Problem", "Property", "ResourceSchema", "schema_of", "stated_only", "validate", "with_defaults"]
