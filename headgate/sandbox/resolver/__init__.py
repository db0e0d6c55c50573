"""What stands for Traffic Manager's DNS: answers by priority or weight among endpoints that its probes find healthy.

There is no DNS server on a laptop's loopback that every program would ask. So each connection to the profile's name
comes here, and goes on, byte for byte, to the gateway that the DNS answer of that moment would name. TLS ends there, as
it does behind the real one.
"""
