"""`python -m headgate.sandbox.providers.azure_native ENGINE`: what the engine starts as its azure-native plugin."""

from headgate.sandbox.light import contain_sdk

if __name__ == "__main__":
    contain_sdk()
    from headgate.sandbox.providers.azure_native.provider import AzureNativeProvider
    from headgate.sandbox.providers.protocol.server import serve

    serve(AzureNativeProvider)
