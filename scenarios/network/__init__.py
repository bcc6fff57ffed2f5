"""What programs do on a network that is slow, torn or crowded: small programs of asyncio's streams.

Each sets its scene, hosts and links and what befalls them, with a `vtloop.net.Network`; what runs
there is plain asyncio. They are told of in `scenarios.catalogue.network`.
"""
