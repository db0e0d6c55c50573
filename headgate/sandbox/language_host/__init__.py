"""The engine's Python language host: what `pulumi-language-python` is where the official one is not installed.

A gRPC `LanguageRuntime` for the CLI version that `toolchain/pulumi` pins. It runs programs, policy packs and component
plugins; it generates no code (`pulumi convert`, `pulumi package add` need the official host).
"""
