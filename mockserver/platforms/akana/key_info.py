"""Certificates and signing requests that app versions are given."""

from __future__ import annotations

import re
from datetime import datetime

from mockserver.errors import Invalid
from mockserver.platforms.akana.models import KeyInfo

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END \1-----")
LARGEST = 64 * 1024


def read_key_info(content: bytes, file_name: str, now: datetime) -> KeyInfo:
    """A certificate or signing request in PEM; raises `Invalid` for anything else.

    Whether the certificate is any good is not looked at: the vendor's portal takes it as it is (assumed).
    """
    if len(content) > LARGEST:
        raise Invalid(f"The file is larger than {LARGEST} bytes.")
    found = _PEM.search(content.decode("ascii", "replace"))
    label = found[1] if found is not None else ""
    if found is None or not label.endswith(("CERTIFICATE", "CERTIFICATE REQUEST")):
        came = f"-----BEGIN {label}-----" if label else "no PEM block"
        raise Invalid(f"The file must be a certificate or a signing request (CSR) in PEM; there is {came}.")
    return KeyInfo(
        type="CSR" if label.endswith("REQUEST") else "Certificate",
        pem=found[0],
        file_name=file_name[:255],
        uploaded=now,
    )
