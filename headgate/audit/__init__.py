"""The append-only ledger, its proofs and collectors: the only writer of a ledger."""
