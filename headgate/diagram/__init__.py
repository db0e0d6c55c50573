"""A stack as a picture, drawn from its resources: what there is, and how requests, changes and records flow."""
