"""Writes a page for each component: what it takes and gives, an example that runs, and a picture of what that makes.

Owns the pages' form. Args and outputs come from the package's schema, the picture from the example's own run in memory.
"""
