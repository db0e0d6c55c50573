"""One module for each layer of a stack: each turns settings, and the layers below it, into components."""
