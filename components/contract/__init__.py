"""Cloud-neutral contracts: the args of each component, documented field by field.

The docstring under a field becomes its description in the package schema that other languages read. These modules do
not use postponed annotations: Pulumi's analyser needs the types themselves.
"""
