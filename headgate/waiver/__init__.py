"""Waivers: leave to break a rule for a while, asked for by a team and signed by an approver.

Owns the files under `stacks/waivers/`, the signatures, and which waivers count. What a waiver does to a finding is
decided where all is decided, in Rego.
"""
