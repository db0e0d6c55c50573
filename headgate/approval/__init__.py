"""Approvals: signatures over the plan that is applied, and where they are kept.

Owns what an approval says, how it is signed and stored, and what the rules are told. Which approvals count is decided
where all is decided, in Rego (`policies/rego/lib/approval.rego`).
"""
