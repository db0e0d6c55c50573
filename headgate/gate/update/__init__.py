"""Gate U: an Analyzer of our own on Pulumi's protocol, asked about each resource before it is created or changed.

The SDK's server turns an unknown value into advice and lets configuration disable rules; this one does neither.
"""
