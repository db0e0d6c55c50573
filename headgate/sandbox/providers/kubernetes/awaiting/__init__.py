"""Waiting until an object is ready, kind by kind, as the official provider does.

Owns what "ready" means and what to say when it does not come: `registry` lists the kinds, `wait` is the loop.
"""
