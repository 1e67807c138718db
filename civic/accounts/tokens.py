"""Opaque tokens: what we hand out, and the digest that we keep."""

import hashlib
import secrets


def fresh() -> str:
    """43 characters from the system's generator (256 bits)."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 in hexadecimal; a fast hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
