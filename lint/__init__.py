"""What `make lint` asks of everything that the committed stacks deploy: `python -m lint`.

Owns rendering the stacks without an engine, the checks, and the table of exceptions with their reasons. Does not own
the rules of the gates (`policies/`), which judge a plan when it is deployed; these checks judge the program before.
"""
