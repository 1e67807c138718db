"""A closure that comes back, as values: which local days it names, how it is kept, and how people say it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr

from civic.errors import Refusal
from civic.formats import day_month
from civic.i18n import N_, _

AHEAD = timedelta(days=400)
MOST_DAYS = 120
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS = (N_("lundi"), N_("mardi"), N_("mercredi"), N_("jeudi"), N_("vendredi"), N_("samedi"), N_("dimanche"))
# How often: every week, one week in two, or one such weekday of each month.
EVERY = {
    "week": N_("toutes les semaines"),
    "two_weeks": N_("une semaine sur deux"),
    "month_1": N_("le premier du mois"),
    "month_2": N_("le deuxième du mois"),
    "month_3": N_("le troisième du mois"),
    "month_4": N_("le quatrième du mois"),
    "month_-1": N_("le dernier du mois"),
}
RANKS = {
    "1": N_("le premier %(day)s du mois"),
    "2": N_("le deuxième %(day)s du mois"),
    "3": N_("le troisième %(day)s du mois"),
    "4": N_("le quatrième %(day)s du mois"),
    "-1": N_("le dernier %(day)s du mois"),
}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`every` is a key of EVERY, `weekdays` count from Monday, 0; both days are included."""

    every: str
    weekdays: tuple[int, ...]
    starts_on: date
    until: date

    @property
    def rule(self) -> str:
        """The RRULE of RFC 5545 that is kept; its first day is kept beside it."""
        rank = self.every.removeprefix("month_") if self.every.startswith("month_") else ""
        days = ",".join(f"{rank}{CODES[day]}" for day in self.weekdays)
        often = "FREQ=MONTHLY" if rank else "FREQ=WEEKLY;INTERVAL=2" if self.every == "two_weeks" else "FREQ=WEEKLY"
        return f"{often};BYDAY={days};UNTIL={self.until:%Y%m%d}"

    @classmethod
    def of(cls, rule: str, starts_on: date) -> "Recurrence":
        """What `rule` wrote."""
        parts = dict(part.split("=", 1) for part in rule.split(";"))
        listed = parts["BYDAY"].split(",")
        rank = listed[0][:-2]
        every = f"month_{rank}" if rank else "two_weeks" if parts.get("INTERVAL") == "2" else "week"
        until = date.fromisoformat(parts["UNTIL"])
        return cls(every, tuple(CODES.index(day[-2:]) for day in listed), starts_on, until)

    def days(self, first: date | None = None) -> list[date]:
        """Every day that it names, from `first` on."""
        found = rrulestr(self.rule, dtstart=datetime.combine(self.starts_on, time()))
        return [one.date() for one in found if first is None or one.date() >= first]

    def ended(self, day: date) -> "Recurrence":
        """The same, over before a day."""
        return replace(self, until=min(self.until, day - timedelta(days=1)))

    def sentence(self) -> str:
        """« chaque dimanche, du 20 sept. 2026 au 28 févr. 2027 »"""
        names = [_(WEEKDAYS[day]) for day in self.weekdays]
        if self.every.startswith("month_"):
            said = _(RANKS[self.every.removeprefix("month_")])
            text = _and([said % {"day": name} for name in names])
        elif self.every == "two_weeks":
            text = _("une semaine sur deux, le %(days)s") % {"days": _and(names)}
        else:
            text = _("chaque %(days)s") % {"days": _and(names)}
        stretch = {"first": _said(self.starts_on), "last": _said(self.until)}
        return text + ", " + _("du %(first)s au %(last)s") % stretch


def _said(day: date) -> str:
    return f"{day_month(day)} {day.year}"


def _and(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s et %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def days_to_close(recurrence: Recurrence, today: date) -> list[date]:
    """The days from today on that a new rule closes.

    Raises Refusal `days_in_order`, `rule_too_far`, `rule_too_many` or `rule_empty`, each at its field.
    """
    if recurrence.until < recurrence.starts_on:
        raise Refusal("days_in_order", _("Le dernier jour vient avant le premier."), field="until")
    if recurrence.until < today:
        raise Refusal("days_past", _("Ces jours sont passés."), field="until")
    if recurrence.until > today + AHEAD or recurrence.starts_on < today - AHEAD:
        message = _("Restez à moins de %(n)s jours d’aujourd’hui : vous reconduirez la règle ensuite.")
        raise Refusal("rule_too_far", message % {"n": AHEAD.days}, field="until")
    days = recurrence.days(today)
    if len(days) > MOST_DAYS:
        message = _("Cette règle donne %(n)s jours, %(most)s au plus : choisissez une fin plus proche.")
        raise Refusal("rule_too_many", message % {"n": len(days), "most": MOST_DAYS}, field="until")
    if not days:
        raise Refusal("rule_empty", _("Cette règle ne donne aucun jour dans la période."), field="until")
    return days
