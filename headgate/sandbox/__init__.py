"""The embedded platform: toolchain, processes, regions and stand-in providers. Nothing here runs in production."""
