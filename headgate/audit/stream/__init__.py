"""Delivers a ledger's entries to a SIEM: at least once, in order, resumable.

`delivery` owns order, retries and the cursor; a file each is a form in which entries leave (`cloudevents`, `otlp`,
`syslog`, `event_hubs`). Nothing here writes the ledger, and nothing leaves that its checkpoint does not prove.
"""
