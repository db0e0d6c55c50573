"""Approvers: who may sign waivers and plans, in which roles, and with which keys.

Owns `policies/approvers.yaml` and the keys. What a signature is over is the business of who asks for it.
"""
