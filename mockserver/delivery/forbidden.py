"""Where nothing is sent unless somebody allows it: link-local addresses and the metadata services of clouds.

A plugin's webhook URL and the calls of a scenario are written by whoever can reach the control API or a form; on a
cloud machine those addresses would hand out the machine's own credentials.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import msgspec

from mockserver.errors import Invalid, MockserverError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LINK_LOCAL: tuple[Network, ...] = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10"))
METADATA_ADDRESSES: frozenset[Address] = frozenset(
    ipaddress.ip_address(each)
    for each in (
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # Amazon
        "fd00:ec2::23",  # Amazon, containers
        "fd20:ce::254",  # Google
    )
)
METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class TargetRefused(MockserverError):
    """Something was about to be sent where nothing may go."""


class Forbidden(msgspec.Struct, frozen=True):
    """Knows the places, by name and by address; `allowed` are addresses, networks and names that are not among them.

    Raises `Invalid` for an entry of `allowed` that is none of these.
    """

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()

    @classmethod
    def but(cls, allowed: Iterable[str] = ()) -> Forbidden:
        """All that is forbidden, without what is `allowed`."""
        networks, names = [], []
        for each in allowed:
            text = each.strip().strip("[]")
            try:
                networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                if not text or any(character in text for character in "/:@ "):
                    raise Invalid(
                        f"--allow-target {each!r} is no address, network or name, such as 169.254.0.0/16."
                    ) from None
                names.append(_name(text))
        return cls(tuple(networks), frozenset(names))

    def allows_name(self, host: str) -> bool:
        """Whether a host was allowed by its name, wherever it leads."""
        return _name(host) in self.names

    def check_name(self, host: str) -> None:
        """Raise `TargetRefused` for a name of a metadata service, or an address that is forbidden."""
        if self.allows_name(host):
            return
        if _name(host) in METADATA_NAMES:
            raise _refused(host, "the name of a cloud's metadata service")
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        self.check_address(host, address)

    def check_address(self, host: str, address: Address) -> None:
        """Raise `TargetRefused` when `host` leads to an address that is forbidden, in whatever form it is written."""
        real = _real(address)
        if any(each.version == real.version and real in each for each in self.networks):
            return
        leads = "" if host == str(address) else f", which leads to {address}"
        if any(real.version == each.version and real in each for each in LINK_LOCAL):
            raise _refused(host, f"a link-local address{leads}")
        if real in METADATA_ADDRESSES:
            raise _refused(host, f"an address of a cloud's metadata service{leads}")


def _real(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only wraps it; without a zone."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    wrapped = address.ipv4_mapped or address.sixtofour
    if wrapped is not None:
        return wrapped
    bare = ipaddress.IPv6Address(int(address))
    if (bare in _COMPATIBLE and int(bare) > 0xFFFF) or bare in _TRANSLATED:
        return ipaddress.IPv4Address(int(bare) & 0xFFFFFFFF)
    return bare


def _refused(host: str, what: str) -> TargetRefused:
    return TargetRefused(f"nothing is sent to {host}, {what}", hint=f"(serve --allow-target {host} allows it)")


def _name(host: str) -> str:
    return host.lower().rstrip(".")
