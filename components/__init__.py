"""Reusable components: how a capability is built.

`contract/` says what a capability takes and gives, free of any cloud; `azure/` and `kubernetes/` build it; `catalog.py`
says which implementation answers to which name. Nothing here knows a stack or a team of ours.
"""
