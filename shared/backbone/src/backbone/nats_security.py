"""How a service proves to NATS who it is, and how it knows that it speaks to the right NATS.

With `tls://` the handshake comes before the server's first word. The client library decides by that word
whether to encrypt at all, so without this whoever stands in between could talk a service out of TLS.
"""

import ssl

from faststream.nats.security import NatsNKey, NatsSecurity

from backbone.settings import Settings


def nats_security(settings: Settings) -> NatsSecurity | None:
    """The service's nkey, if it has one, over TLS where the URL says so.

    The server's certificate must be vouched for by `nats_ca` (without one, by the authorities this machine
    trusts) and be made out to the URL's host. nats-server needs `handshake_first` in its `tls` block.
    """
    seed = settings.nats_seed.get_secret_value()
    if not settings.nats_url.startswith("tls://"):
        return NatsNKey.from_seed(seed) if seed else None
    trust = ssl.create_default_context(cafile=settings.nats_ca)
    if seed:
        return NatsNKey.from_seed(seed, ssl_context=trust, use_ssl=True, tls_handshake_first=True)
    return NatsSecurity(ssl_context=trust, use_ssl=True, tls_handshake_first=True)
