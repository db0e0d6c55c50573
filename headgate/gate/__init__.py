"""The three gates: envelope, rules and enforcement make a decision. Renders nothing; that is report's."""
