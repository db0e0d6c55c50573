"""Answers from the ledger: who deployed what, when, by whose approval, under which rules, and the proof of it.

Reads entries and the rules' METADATA, writes nothing to the ledger, and judges nothing: what is not recorded is told as
missing. An answer is a function of the entries that it rests on, so that who has those can make it again.
"""
