"""TLS with a certificate authority of our own: kept in a directory, so that whoever trusts it once need not again."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import shutil
import ssl
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockserver.errors import Invalid, MockserverError

if TYPE_CHECKING:
    import trustme

    from mockserver.settings import Settings

CERTIFICATE = "certificate.pem"
KEY = "key.pem"
LIFETIME = timedelta(days=397)
"""How long a server's certificate is valid; Apple's clients refuse more than 825 days from any authority."""
SKEW = timedelta(days=1)
"""How far back it is dated, for clients whose clock is behind."""
MAX_NAMES = 256

OWN_NAMES = ("localhost", "127.0.0.1", "::1", "*.localhost", "host.docker.internal")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_PLACEHOLDER = re.compile(r"\{\w+\}")


def directory(settings: Settings) -> Path:
    """Where these settings keep the authority: `tls_dir`, else below the data directory, else with the user's state."""
    if settings.tls_dir is not None:
        return Path(settings.tls_dir)
    if settings.data is not None:
        return Path(settings.data) / "tls"
    return _state_directory(sys.platform, os.environ) / "motar-mockserver" / "tls"


def _state_directory(platform: str, environment: os._Environ[str] | dict[str, str]) -> Path:
    try:
        if platform == "win32":
            return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        if platform == "darwin":
            return Path.home() / "Library" / "Application Support"
        return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    except RuntimeError:
        raise MockserverError(
            "This user has no home directory to keep a certificate authority in.",
            hint="Name another with --tls-dir DIR.",
        ) from None


def names(settings: Settings, vendor_hosts: Iterable[str]) -> tuple[str, ...]:
    """Every name the server goes by: our own, the vendors', where it is bound, its public URL, and `tls_host`.

    A vendor's `{tenant}.example.com` becomes a wildcard. Raises `Invalid` for a `tls_host` that is no name.
    """
    for each in settings.tls_host:
        if not _is_name(each):
            raise Invalid(
                f"--tls-host {each!r} is no host name and no address.", hint="Give it without scheme and port."
            )
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    found = [
        *OWN_NAMES,
        *(name for host in vendor_hosts if _is_name(name := _PLACEHOLDER.sub("*", host))),
        *(host for host in (settings.host, public) if host and _is_name(host) and host not in ("0.0.0.0", "::")),
        *settings.tls_host,
    ]
    return tuple(dict.fromkeys(name.lower() for name in found))


def _is_name(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text.lower()) is not None
    return True


@dataclass(frozen=True)
class Authority:
    """A certificate authority kept in a directory: `certificate` is its PEM, for clients to trust; `path` its file."""

    path: Path
    certificate: bytes
    _ca: trustme.CA
    _ends: datetime

    @classmethod
    def open(cls, directory: Path, *, now: Callable[[], datetime] | None = None) -> Authority:
        """The authority of this directory, made if there is none; of several that make one at once, one wins.

        Raises `MockserverError` where it cannot be kept or read, or has expired: whoever trusted it must be told.
        """
        folder = directory.absolute() / "ca"
        with _told(folder):
            if not folder.exists():
                _make(folder)
            certificate, key = (folder / CERTIFICATE).read_bytes(), (folder / KEY).read_bytes()
        import trustme
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            ca = trustme.CA.from_pem(certificate, key)
            known = x509.load_pem_x509_certificate(certificate)
            if load_pem_private_key(key, None).public_key() != known.public_key():
                raise ValueError("its key belongs to another certificate")
            ends = known.not_valid_after_utc
        except (ValueError, TypeError) as error:
            raise MockserverError(
                f"The certificate authority in {folder} cannot be read: {error}.",
                hint="Move it away to get a new one, and trust that.",
            ) from None
        if ends <= (now or _utc)():
            raise MockserverError(
                f"The certificate authority in {folder} expired on {ends:%Y-%m-%d}.",
                hint="Move it away to get a new one, and trust that.",
            )
        return cls(folder / CERTIFICATE, certificate, ca, ends)

    def issue(self, names: Iterable[str], at: datetime) -> tuple[ssl.SSLContext, datetime]:
        """A server's context with a fresh certificate for these names, and when it should be replaced."""
        ends = min(at + LIFETIME, self._ends)
        leaf = self._ca.issue_cert(
            *names,
            organization_name="motar-mockserver",
            not_before=(at - SKEW).replace(tzinfo=None),
            not_after=ends.replace(tzinfo=None),
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        leaf.configure_cert(context)
        return context, at + (ends - at) * 0.9


class Certificates:
    """What a server shows to its clients: a certificate for its fixed names, and one for each `NAME.localhost`.

    The latter are made when a client first asks (SNI), because OpenSSL and browsers take no wildcard
    right below a top-level name. Whatever is near its end is replaced at the next handshake.
    """

    def __init__(
        self, authority: Authority, names: Iterable[str], *, now: Callable[[], datetime] | None = None
    ) -> None:
        self._authority = authority
        self._names = tuple(names)
        self._now = now or _utc
        self._issued: OrderedDict[str, tuple[ssl.SSLContext, datetime]] = OrderedDict()
        self.context = self._context("")
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        asked = (name or "").lower()
        own = asked.endswith(".localhost") and asked not in self._names and _is_name(asked) and "*" not in asked
        connection.context = self._context(asked if own else "")

    def _context(self, name: str) -> ssl.SSLContext:
        """The context for a name below localhost, or for the fixed names when it is empty."""
        at = self._now()
        known = self._issued.get(name)
        if known is None or known[1] <= at:
            known = self._issued[name] = self._authority.issue((name,) if name else self._names, at)
        self._issued.move_to_end(name)
        if len(self._issued) > MAX_NAMES:
            self._issued.popitem(last=False)
        return known[0]


def certificates(settings: Settings, vendor_hosts: Iterable[str]) -> tuple[Authority, Certificates]:
    """The authority of these settings and what a server of these settings shows. Raises as the parts do."""
    wanted = names(settings, vendor_hosts)
    authority = Authority.open(directory(settings))
    return authority, Certificates(authority, wanted)


def _make(folder: Path) -> None:
    """Put a new authority at `folder`, whole or not at all, and never over one that is there by now."""
    import trustme

    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".ca-", dir=folder.parent))
    try:
        # trustme's own name ends in something random: two authorities of the same name confuse clients.
        ca = trustme.CA(organization_name="motar-mockserver test CA")
        # Made with the mode, not changed afterwards: there is no moment in which others can read it.
        with open(os.open(beside / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(ca.private_key_pem.bytes())
        (beside / CERTIFICATE).write_bytes(ca.cert_pem.bytes())
        # The directory of a temporary file is private; the certificate is for everybody.
        beside.chmod(0o755)
        try:
            os.rename(beside, folder)
        except OSError:
            # Where one is there by now another process was faster, and its authority counts.
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MockserverError(
            f"A certificate authority cannot be kept in {folder}: {error.strerror or error} ({error.filename}).",
            hint="Name another directory with --tls-dir DIR.",
        ) from None


def _utc() -> datetime:
    return datetime.now(UTC)
