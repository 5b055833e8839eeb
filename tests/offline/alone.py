"""`python alone.py LOG COMMAND…`, in a network namespace of its own: runs the command with a loopback and nothing else.

The kernel counts what it had no route for, whoever asked; how many those were is added to the file LOG.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
from pathlib import Path

SIOCSIFFLAGS = 0x8914
UP_AND_RUNNING = 0x1 | 0x40


def bring_up_the_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", UP_AND_RUNNING))


def without_route() -> int:
    """How many packets and connections the kernel had no way for, by IPv4 and IPv6."""
    names, values = (line.split() for line in _lines("snmp") if line.startswith("Ip:"))
    four = int(dict(zip(names, values, strict=True))["OutNoRoutes"])
    return four + sum(int(line.split()[1]) for line in _lines("snmp6") if line.startswith("Ip6OutNoRoutes"))


def _lines(name: str) -> list[str]:
    found = Path("/proc/self/net") / name
    return found.read_text().splitlines() if found.exists() else []


if __name__ == "__main__":
    log, *command = sys.argv[1:]
    bring_up_the_loopback()
    before = without_route()
    code = subprocess.run(command).returncode
    if refused := without_route() - before:
        with open(log, "a") as file:
            file.write(f"{refused} without a route, counted by the kernel\n")
    sys.exit(code)
