"""Whose request it is, as far as one can know."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

IPV6_SITE = 64  # bits; one connection of a household holds at least that many addresses


def client_address(request: HttpRequest) -> str:
    """The address a request comes from, as the outermost of our own proxies saw it.

    What stands further left in `X-Forwarded-For` was written by the client and is worth nothing.
    """
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if settings.PROXY_COUNT and len(seen) >= settings.PROXY_COUNT:
        return seen[-settings.PROXY_COUNT]
    return str(request.META.get("REMOTE_ADDR", ""))


def counted_as(address: str) -> str:
    """What a rate limit counts `address` by: itself, or its network where it is IPv6.

    A text that is no address is returned as it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, IPV6_SITE), strict=False))
    return str(found)
