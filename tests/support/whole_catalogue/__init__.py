"""A program of every component of the catalogue, in both regions, whose every argument can be changed at once."""
