"""The collector: many clients, one writer.

Run as `python -m headgate.audit.collector --ledger DIR --port P --token-file F --tls-cert C --tls-key K --tls-ca A`.
"""
