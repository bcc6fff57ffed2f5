"""A certificate for localhost, of its own authority, and the contexts that programs need for it.

The file has its private key as well: it is worth nothing anywhere else. It holds until 2200, as
OpenSSL looks at the real clock. The key is of RSA, whose signatures have all one length: so packets
of QUIC are the same in each run.
"""

import ssl
from pathlib import Path

PATH = str(Path(__file__).with_name("localhost.pem"))


def for_servers():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PATH)
    return context


def for_clients():
    return ssl.create_default_context(cafile=PATH)
