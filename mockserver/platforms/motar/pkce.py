"""Proof of key for code exchange: what a challenge may look like, and whether a verifier fits it.

Source: the OAuth2 page (S256 only, challenge and verifier mandatory) and RFC 7636.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.parameters import SIGN_IN, TOKEN, missing
from mockserver.wire import Refusal

# The vendor's expression holds the range from full stop to underscore, which lets more through than RFC 7636 does;
# taken by the letter it leaves the hyphen out, which RFC 7636 has and every client sends.
_VERIFIER = re.compile(r"[A-Za-z0-9.-_~-]{43,128}")
_RFC_VERIFIER = re.compile(r"[A-Za-z0-9._~-]+")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def check_challenge(parameters: dict[str, str]) -> str | Refusal:
    """The challenge of a sign-in as base64url without padding.

    It may come as base64 or base64url, padded or not; it has to be the 32 octets of a SHA-256.
    """
    sent = parameters.get("code_challenge")
    if not sent:
        return Error.MISSING.because(
            missing("code_challenge", parameters, SIGN_IN, "base64 of SHA-256 of the verifier")
        )
    method = parameters.get("code_challenge_method")
    if not method:
        return Error.MISSING.because(missing("code_challenge_method", parameters, SIGN_IN, "S256, the only one"))
    if method != "S256":
        return Error.VALIDATION.because(f"code_challenge_method is S256, the only one there is, not {method!r}.")
    octets = _decode(sent)
    if octets is None:
        return Error.VALIDATION.because(f"code_challenge is neither base64 nor base64url: {sent!r}.")
    if len(octets) != hashlib.sha256().digest_size:
        return Error.VALIDATION.because(
            f"code_challenge holds {len(octets)} octets; the SHA-256 of the verifier has 32.{_slip(sent, octets)}"
        )
    return _encode(octets)


def check_verifier(challenge: str, parameters: dict[str, str]) -> Refusal | None:
    """None when the `code_verifier` sent hashes to the challenge, else the refusal that says why not."""
    verifier = parameters.get("code_verifier")
    if not verifier:
        return Error.MISSING.because(missing("code_verifier", parameters, TOKEN, "the sign-in sent a code_challenge"))
    if not _VERIFIER.fullmatch(verifier):
        return Error.VALIDATION.because(
            f"code_verifier has 43 to 128 characters out of A-Z a-z 0-9 - . _ ~; this one {_misfit(verifier)}."
        )
    hashed = _encode(hashlib.sha256(verifier.encode()).digest())
    if hmac.compare_digest(hashed, challenge):
        return None
    if verifier == challenge:
        reason = "It is the challenge itself; send what was hashed to make it."
    else:
        reason = f"It hashes to {hashed}; the sign-in announced {challenge}."
    return Error.VALIDATION.because(
        f"code_verifier does not belong to the code_challenge. {reason}", error="invalid_grant"
    )


def beyond_the_rfc(verifier: str) -> bool:
    """Whether the vendor's page allows this verifier and RFC 7636 does not."""
    return _VERIFIER.fullmatch(verifier) is not None and _RFC_VERIFIER.fullmatch(verifier) is None


def _decode(sent: str) -> bytes | None:
    # A plus sign that nobody percent-encoded arrives as a space.
    folded = sent.translate({ord("+"): "-", ord(" "): "-", ord("/"): "_"}).rstrip("=")
    if not _BASE64URL.fullmatch(folded):
        return None
    try:
        return base64.urlsafe_b64decode(folded + "=" * (-len(folded) % 4))
    except binascii.Error:
        return None


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _slip(sent: str, octets: bytes) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", sent):
        return " This is the hash in hexadecimal; send base64 of its 32 octets."
    if re.fullmatch(rb"[0-9a-fA-F]{64}", octets):
        return " This is base64 of the hash in hexadecimal; send base64 of its 32 octets."
    return ""


def _misfit(verifier: str) -> str:
    if not 43 <= len(verifier) <= 128:
        return f"has {len(verifier)}"
    stranger = next(each for each in verifier if not _VERIFIER.fullmatch(each * 43))
    return f"has {stranger!r}"
