"""Argon2id with the OWASP parameters, in a thread: the library's default would hold the event loop for 250 ms."""

import secrets

from anyio import to_thread
from fastapi_users.password import PasswordHelperProtocol
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from civic.i18n import _

MINIMUM = 10
MAXIMUM = 200
_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
# Verified for an unknown address, so that its answer takes as long as a wrong password's.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class Prehashed(str):
    """A password whose hash was already made in a thread, before the writing transaction began."""

    digest: str


async def prepare(password: str) -> Prehashed:
    """Hash a password off the event loop and outside any transaction."""
    prepared = Prehashed(password)
    prepared.digest = await to_thread.run_sync(_hasher.hash, password)
    return prepared


async def verify(password: str, hashed: str | None) -> bool:
    """Whether a password matches; takes its time for an unknown account (`hashed` None) too."""
    fits, _new = await to_thread.run_sync(_hasher.verify_and_update, password[:MAXIMUM], hashed or _NOBODY)
    return fits and hashed is not None


def problem_with(password: str, email: str, name: str = "") -> str | None:
    """The sentence for a password that won't do, or None. Length is what counts (NIST SP 800-63B)."""
    if len(password) < MINIMUM:
        return _("Au moins %(n)s caractères. Une phrase courte fait un bon mot de passe.") % {"n": MINIMUM}
    if len(password) > MAXIMUM:
        return _("%(n)s caractères au plus.") % {"n": MAXIMUM}
    if password.lower() in {email.lower(), name.lower()} or len(set(password)) < 4:
        return _("Ce mot de passe se devine trop vite. Choisissez-en un autre.")
    return None


class Helper(PasswordHelperProtocol):
    """What fastapi-users calls; it takes a Prehashed password's hash instead of making one."""

    def verify_and_update(self, plain_password: str, hashed_password: str) -> tuple[bool, str | None]:
        return _hasher.verify_and_update(plain_password, hashed_password)

    def hash(self, password: str) -> str:
        return password.digest if isinstance(password, Prehashed) else _hasher.hash(password)

    def generate(self) -> str:
        return secrets.token_urlsafe(24)
