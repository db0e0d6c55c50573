"""The README's pictures: a terminal as it was, and what a deployment consists of. Nothing here is part of Headgate."""
