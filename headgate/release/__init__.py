"""Releases: what was proven in one environment, written into the stack file of the next.

Owns which change that is, the proof that it may be made, and that nothing else of the file changes. Does not deploy.
"""
