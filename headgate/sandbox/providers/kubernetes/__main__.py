"""`python -m headgate.sandbox.providers.kubernetes ENGINE`: what the engine starts as its kubernetes plugin."""

from headgate.sandbox.light import contain_sdk

if __name__ == "__main__":
    contain_sdk()
    from headgate.sandbox.providers.kubernetes.provider import KubernetesProvider
    from headgate.sandbox.providers.protocol.server import serve

    serve(KubernetesProvider)
