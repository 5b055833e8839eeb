"""Python imports this first where its folder is on the path: then nothing gets beyond this machine, or asks for a name.

What was refused is written to the file $OFFLINE_LOG, a line for each. Python tells a hook what its own modules do;
uvloop goes another way, so it is not to be had where nothing else guards.
"""

import errno
import ipaddress
import os
import sys

LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")
HERE = ("", "localhost")


def address_of(host):
    """The address that a text spells out; None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def note(what):
    with open(os.environ["OFFLINE_LOG"], "a") as log:
        log.write(f"{what} by {' '.join(sys.orig_argv[1:4])}\n")


def guard(event, arguments):
    if event in LOOK_UPS:
        host = arguments[0] or ""
        host = host.decode() if isinstance(host, bytes) else host
        if host not in HERE and address_of(host) is None:
            import socket

            note(f"look-up of {host}")
            raise socket.gaierror(socket.EAI_AGAIN, "There are no names offline")
    elif event in SENDS and isinstance(arguments[1], tuple):
        host, port = arguments[1][:2]
        address = address_of(host)
        if host not in HERE and (address is None or not (address.is_loopback or address.is_unspecified)):
            note(f"connection to {host}:{port}")
            raise OSError(errno.ENETUNREACH, "There is no network offline")


if "OFFLINE_LOG" in os.environ:
    if "OFFLINE_WITHOUT_UVLOOP" in os.environ:
        sys.modules["uvloop"] = None
    sys.addaudithook(guard)
