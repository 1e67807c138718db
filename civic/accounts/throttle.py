"""How often somebody may be wrong. Only failures (sign-ins, a site's code) are counted, in memory or in Redis."""

import math

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from civic.accounts.tokens import digest
from civic.clock import now
from civic.errors import Answer
from civic.i18n import _

PER_PERSON = RateLimitItemPerMinute(10, 15, namespace="sign-in-person")
PER_ADDRESS = RateLimitItemPerMinute(300, 15, namespace="sign-in-address")
SITE_CODES = RateLimitItemPerMinute(10, 15, namespace="site-codes")
MAILS = RateLimitItemPerHour(5, 1, namespace="mails")


class Throttle:
    """One per application, so that two applications in a process (tests) do not count together."""

    def __init__(self, url: str) -> None:
        storage = storage_from_string(f"async+{url}")
        assert isinstance(storage, Storage)
        self._limiter = MovingWindowRateLimiter(storage)

    async def refuse_when_too_many(self, email: str, address: str) -> None:
        """Raises Answer (429, Retry-After) once this e-mail from this address, or any from it, failed too often."""
        for item, key in self._keys(email, address):
            if not await self._limiter.test(item, key):
                text = _("Trop d’essais. Réessayez dans %(n)s min, ou choisissez un nouveau mot de passe.")
                raise await self._answer(item, key, text)

    async def count_failure(self, email: str, address: str) -> None:
        for item, key in self._keys(email, address):
            await self._limiter.hit(item, key)

    async def refuse_more_codes(self, person: object) -> None:
        """Raises Answer (429, Retry-After) once somebody typed too many codes that are no site's."""
        if not await self._limiter.test(SITE_CODES, str(person)):
            text = _("Trop d’essais. Réessayez dans %(n)s min, ou appelez : votre arrivée se note aussi sans code.")
            raise await self._answer(SITE_CODES, str(person), text)

    async def count_wrong_code(self, person: object) -> None:
        await self._limiter.hit(SITE_CODES, str(person))

    async def may_mail(self, email: str) -> bool:
        """Whether one more mail that anybody may cause can leave to an address: it keeps us from flooding a mailbox."""
        return await self._limiter.hit(MAILS, digest(email))

    def _keys(self, email: str, address: str) -> tuple[tuple[RateLimitItem, str], ...]:
        return (PER_PERSON, digest(f"{email} {address}")), (PER_ADDRESS, digest(address))

    async def _answer(self, item: RateLimitItem, key: str, text: str) -> Answer:
        stats = await self._limiter.get_window_stats(item, key)
        seconds = max(1, math.ceil(stats.reset_time - now().timestamp()))
        minutes = math.ceil(seconds / 60)
        return Answer(429, "too_many_attempts", text % {"n": minutes}, {"Retry-After": str(seconds)})
