"""Shifts that come back: a rhythm, its RFC 5545 rule, and the local times that it gives. Values in, values out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrulestr

from civic import clock
from civic.formats import duration
from civic.i18n import N_, _

MOST = 200
AHEAD = timedelta(days=366)
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAYS = (N_("lundi"), N_("mardi"), N_("mercredi"), N_("jeudi"), N_("vendredi"), N_("samedi"), N_("dimanche"))
NTH = {1: N_("premier"), 2: N_("deuxième"), 3: N_("troisième"), 4: N_("quatrième"), -1: N_("dernier")}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every `every` weeks on some weekdays (Monday is 0), or every `every` months on the `nth` of one weekday.

    It ends with the day `until`, or after `count` days; the days that are skipped afterwards count too.
    """

    weekdays: tuple[int, ...]
    every: int = 1
    nth: int = 0
    until: date | None = None
    count: int | None = None

    @property
    def monthly(self) -> bool:
        return self.nth != 0


@dataclass(frozen=True, slots=True)
class Closed:
    """Local days, both included, on which a site is closed."""

    starts_on: date
    ends_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Skips:
    """Which days make no shift, by choice: those on which the site is closed, and public holidays."""

    closures: bool = True
    holidays: bool = True


EVERY = Skips()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day of a rhythm; `skipped` says why no shift is made, `moved` that the clock change shifted an hour.

    `despite` is the closure or the holiday on which a shift is made all the same, by choice.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    skipped: str = ""
    moved: bool = False
    despite: str = ""

    @property
    def notice(self) -> str:
        """What a clock change does to this day, to say beside its hours; empty on any other day."""
        start, end = clock.local(self.starts_at), clock.local(self.ends_at)
        found = []
        if self.moved:
            found.append(_("Changement d’heure : l’horaire est décalé d’une heure ce jour-là."))
        if _comes_twice(start) or _comes_twice(end):
            found.append(_("Changement d’heure : de 2 h à 3 h, l’heure vient deux fois ; la première compte."))
        if start.utcoffset() != end.utcoffset():
            length = duration((self.ends_at - self.starts_at).total_seconds() / 3600)
            found.append(_("Changement d’heure : ce créneau dure %(length)s cette nuit-là.") % {"length": length})
        return " ".join(found)


def _comes_twice(local: datetime) -> bool:
    """Whether a clock in Lens shows this hour twice, on the autumn night."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def problems(rhythm: Rhythm, first_day: date) -> dict[str, str]:
    """A sentence per wrong field; empty when the rhythm makes sense."""
    found = {}
    if not rhythm.weekdays:
        found["weekdays"] = _("Choisissez au moins un jour de la semaine.")
    if rhythm.monthly and len(rhythm.weekdays) > 1:
        found["weekdays"] = _("Pour un rythme mensuel, choisissez un seul jour.")
    if rhythm.until is None and rhythm.count is None:
        found["until"] = _("Dites jusqu’à quel jour, ou combien de fois.")
    elif rhythm.until is not None and rhythm.until < first_day:
        found["until"] = _("Ce jour vient avant le premier. Choisissez-en un plus tard.")
    elif rhythm.until is not None and rhythm.until > first_day + AHEAD:
        found["until"] = _("Une série dure un an au plus.")
    if found:
        return found
    days = days_of(to_rule(rhythm), first_day)
    if not days:
        found["weekdays"] = _("Aucun jour ne tombe dans cette période.")
    elif len(days) > MOST:
        found["until"] = _("Plus de %(most)s créneaux : raccourcissez la série.") % {"most": MOST}
    elif days[-1] > first_day + AHEAD:
        found["count"] = _("Une série dure un an au plus.")
    return found


def to_rule(rhythm: Rhythm) -> str:
    """The rule in the words of RFC 5545, on local days."""
    named = [CODES[day] for day in sorted(rhythm.weekdays)]
    parts = [f"FREQ={'MONTHLY' if rhythm.monthly else 'WEEKLY'}", f"INTERVAL={rhythm.every}"]
    parts.append("BYDAY=" + ",".join(f"{rhythm.nth or ''}{one}" for one in named))
    if rhythm.until is not None:
        parts.append(f"UNTIL={rhythm.until:%Y%m%d}")
    elif rhythm.count is not None:
        parts.append(f"COUNT={rhythm.count}")
    return ";".join(parts)


def read_rule(rule: str) -> Rhythm:
    """What `to_rule` wrote."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    named = parts["BYDAY"].split(",")
    until = parts.get("UNTIL")
    return Rhythm(
        weekdays=tuple(CODES.index(one[-2:]) for one in named),
        every=int(parts["INTERVAL"]),
        nth=int(named[0][:-2] or 0),
        until=datetime.strptime(until, "%Y%m%d").date() if until else None,  # noqa: DTZ007 - a day has no zone
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
    )


def days_of(rule: str, first_day: date) -> list[date]:
    """The local days from the first on, one more than MOST at most so that a longer rule is known as such."""
    days = rrulestr(rule, dtstart=datetime.combine(first_day, time()))
    return [one.date() for one in islice(days, MOST + 1)]


def lay_out(
    days: Iterable[date],
    starts: time,
    ends: time,
    closures: Sequence[Closed] = (),
    holiday: Callable[[date], str | None] = lambda _day: None,
    skips: Skips = EVERY,
) -> list[Occurrence]:
    """The instants of each day; an end that is not after the start is the next day's. Closures and holidays skip, or
    are said."""
    return [_one(day, starts, ends, closures, holiday, skips) for day in days]


def _one(
    day: date, starts: time, ends: time, closures: Sequence[Closed], holiday: Callable[[date], str | None], skips: Skips
) -> Occurrence:
    last = day if ends > starts else day + timedelta(days=1)
    starts_at, late_start = _instant(day, starts)
    ends_at, late_end = _instant(last, ends)
    touched = last if ends > time() else day
    closed = next((one for one in closures if one.starts_on <= touched and day <= one.ends_on), None)
    name = next((found for one in clock.days(day, touched) if (found := holiday(one))), None)
    reasons = []
    if closed is not None:
        reasons.append((skips.closures, _("Lieu fermé : %(reason)s") % {"reason": closed.reason}))
    if name:
        reasons.append((skips.holidays, _("Jour férié : %(name)s") % {"name": name}))
    if ends_at <= starts_at:
        reasons.append((True, _("Cette heure n’existe pas ce jour-là : on passe à l’heure d’été.")))
    skipped = next((text for skips_it, text in reasons if skips_it), "")
    despite = "" if skipped else next((text for _skips_it, text in reasons), "")
    return Occurrence(day, starts_at, ends_at, skipped, late_start or late_end, despite)


def _instant(day: date, clock_time: time) -> tuple[datetime, bool]:
    """A local time as an instant; one that the spring night skips is the hour after it, which is said."""
    try:
        return clock.at(day, clock_time), False
    except ValueError:
        return clock.oclock(day, clock_time.hour + clock_time.minute / 60), True


def sentence(rhythm: Rhythm) -> str:
    """« chaque mardi et jeudi », « un samedi sur deux », « le deuxième samedi de chaque mois »."""
    names = [_(DAYS[day]) for day in sorted(rhythm.weekdays)]
    listed = (
        names[0] if len(names) == 1 else _("%(some)s et %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
    )
    values = {"days": listed, "n": rhythm.every}
    if rhythm.monthly:
        values["nth"] = _(NTH[rhythm.nth])
        if rhythm.every == 1:
            return _("le %(nth)s %(days)s de chaque mois") % values
        return _("le %(nth)s %(days)s, tous les %(n)s mois") % values
    if len(rhythm.weekdays) == 7 and rhythm.every == 1:
        return _("chaque jour")
    if rhythm.every == 1:
        return _("chaque %(days)s") % values
    return _("%(days)s, une semaine sur %(n)s") % values
