"""May somebody note their own arrival now, and on which shift? Values in, an answer out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from civic import clock
from civic.bookings.values import Person, ShiftFacts
from civic.contracts.sources import source_of
from civic.errors import Finding, Refusal
from civic.formats import day_short, first_name, hour, of_name
from civic.i18n import _

# Neither 0 and O, nor 1, I and L: a code is read from a poster in the rain and typed with one thumb.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 6


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's confirmed place, what is noted of it, and who else of the shift is noted present (`there`)."""

    booking_id: UUID
    shift: ShiftFacts
    attendance: str | None = None
    arrived_at: datetime | None = None
    there: frozenset[UUID] = frozenset()
    partners: tuple[str, ...] = ()
    # Birth dates of those of the partners who have not noted their arrival.
    awaited: tuple[date, ...] = ()

    @property
    def opens_at(self) -> datetime:
        return self.shift.times.starts_at - timedelta(minutes=self.shift.limits.check_in_before)

    @property
    def closes_at(self) -> datetime:
        """The end of the shift at the latest: nobody arrives after it."""
        late = self.shift.times.starts_at + timedelta(minutes=self.shift.limits.check_in_after)
        return min(late, self.shift.times.ends_at)

    def open(self, now: datetime) -> bool:
        return self.opens_at <= now <= self.closes_at


def normal(typed: str) -> str:
    """A code as it is stored, from whatever way of writing it."""
    return "".join(typed.split()).replace("-", "").upper()


def plausible(code: str) -> bool:
    """Whether a text could be a code at all."""
    return len(code) == LENGTH and all(letter in ALPHABET for letter in code)


def pick(seats: Iterable[Seat], site_id: str, now: datetime) -> Seat | None:
    """The seat that a code of a site means: of today's there, one whose window is open, else the nearest in time."""
    here = [one for one in seats if one.shift.site_id == site_id]
    # Of two shifts in a row the one that is not noted yet is meant.
    return min(
        here,
        key=lambda one: (not one.open(now), one.attendance is not None, abs(one.shift.times.starts_at - now)),
        default=None,
    )


def refusal(seat: Seat, person: Person, now: datetime) -> Refusal | None:
    """Why an arrival can't be noted with the code, and what to do; None when it can. Noted already is no refusal."""
    times = seat.shift.times
    call = to_call(seat.shift.on_call_number)
    if seat.attendance in ("absent", "excused"):
        text = _("Une absence est notée pour vous sur ce créneau. Si vous êtes là, %(call)s.")
        return Refusal("noted_absent", text % {"call": call})
    if now < seat.opens_at:
        text = _("C’est un peu tôt : le créneau commence %(day)s à %(start)s. Le code marche dès %(opens)s.")
        shown = {"day": day_short(times.starts_at), "start": hour(times.starts_at), "opens": hour(seat.opens_at)}
        return Refusal("too_early", text % shown)
    if now > seat.closes_at:
        text = _("Le code ne marche plus depuis %(closed)s. Si vous êtes là, %(call)s : votre arrivée sera notée.")
        return Refusal("too_late", text % {"closed": hour(seat.closes_at), "call": call})
    if person.minor_on(times.day) and not seat.there and not _all_minors(seat):
        return Refusal.of([Finding("lone_minor", _waiting(seat, call), source_of("lone_minor"))])
    return None


def _all_minors(seat: Seat) -> bool:
    """Where everybody else is under 18 too, one of them has to be the first: neither waits for the other."""
    return bool(seat.awaited) and all(clock.age_on(one, seat.shift.times.day) < 18 for one in seat.awaited)


def _waiting(seat: Seat, call: str) -> str:
    if not seat.partners:
        text = _("Avant 18 ans, on n’est jamais seul, et personne d’autre n’est inscrit : %(call)s.")
        return text % {"call": call}
    names = _(" ou ").join(first_name(one) for one in seat.partners)
    text = _("Attendez votre binôme : l’arrivée %(of_names)s se note d’abord. Personne ne vient ? Alors %(call)s.")
    return text % {"of_names": of_name(names), "call": call}


def to_call(number: str) -> str:
    """Whom to turn to, in the middle of a sentence."""
    return _("appelez le %(number)s") % {"number": number} if number else _("appelez votre coordination")


def unknown_code() -> Refusal:
    text = _("Ce code n’est pas le bon. Relisez l’affiche : 6 lettres ou chiffres, sans espace.")
    return Refusal("code_unknown", text, field="code")


def revoked_code() -> Refusal:
    text = _("Ce code a été remplacé. Cherchez l’affiche la plus récente, ou demandez le nouveau code.")
    return Refusal("code_revoked", text, field="code")


def elsewhere(seat: Seat) -> Refusal:
    """The code of another site than the shift's."""
    text = _("Ce code est celui d’un autre lieu : votre créneau est à %(site)s, à %(start)s.")
    shown = {"site": seat.shift.site_name, "start": hour(seat.shift.times.starts_at)}
    return Refusal("code_elsewhere", text % shown, field="code")


def nothing_here(site_name: str, number: str) -> Refusal:
    """The code is right, but its reader has no place there today."""
    text = _("Vous n’avez pas de place aujourd’hui à %(site)s. Venu aider quand même ? Alors %(call)s.")
    return Refusal("no_shift_here", text % {"site": site_name, "call": to_call(number)})


def today_of(seats: Iterable[Seat], now: datetime) -> list[Seat]:
    """Those of the local day, in order; a shift that began before midnight and still runs is among them."""
    today = clock.local(now).date()
    mine = [one for one in seats if one.shift.times.day <= today <= one.shift.times.last_day]
    return sorted(mine, key=lambda one: one.shift.times.starts_at)
