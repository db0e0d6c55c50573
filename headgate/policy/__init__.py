"""The catalogue of rules, their evaluation by OPA, and the decision types. Holds no rule itself: those are Rego."""
