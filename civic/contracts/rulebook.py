"""The rules as a person reads them on a day: what each says, where it comes from, its numbers and since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from civic.contracts import rulebook_words as words
from civic.contracts.limits import (
    CLOCK,
    DAYS,
    HOURS,
    MINUTES,
    MONTHS,
    PARAMETERS,
    PERCENT,
    SHIFTS,
    SPEED,
    YEARS,
    Limits,
    Setting,
    limits_on,
)
from civic.contracts.rulebook_words import Words
from civic.contracts.sources import certainty_of, rules, source_of
from civic.formats import decimal, duration
from civic.i18n import N_, _, ngettext

GROUPS: tuple[tuple[str, str, dict[str, Words]], ...] = (
    ("refus", N_("Ce qui refuse une place"), words.BOOKING_BLOCK),
    ("avertissements", N_("Ce qui avertit sans refuser"), words.BOOKING_WARN),
    ("contrat", N_("Contrat d’engagement"), words.CONTRACT),
    ("declarations", N_("Déclarations datées et signées"), words.DECLARATION),
    ("reperes", N_("Repères"), words.INFO),
    ("local", N_("Nos réglages"), words.LOCAL),
)
WORDS: dict[str, Words] = {code: one for _key, _title, listed in GROUPS for code, one in listed.items()}
SEVERITIES = {
    "block": (N_("Refuse"), "bad", "ban"),
    "warn": (N_("Avertit"), "warn", "triangle-alert"),
    "info": (N_("Repère"), "info", "info"),
}
# What our own policy does; the rest comes from the data file.
LOCAL_SEVERITY = {
    "booking_window": "block",
    "self_booking_cap": "block",
    "travel": "warn",
    "unavailable": "warn",
    "newcomer_alone": "warn",
    "pair_wish": "warn",
    "local": "info",
}


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One row of the settings, with who wrote it; `value` as it is shown."""

    setting: Setting
    by: str
    at: datetime

    @property
    def text(self) -> str:
        return shown(self.setting.parameter, self.setting.value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a rule. `since` is None for the value that the product came with; `coming` is oldest first."""

    name: str
    title: str
    unit: str
    value: float | None
    text: str
    optional: bool
    since: date | None
    coming: tuple[DatedValue, ...] = ()
    history: tuple[DatedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on a day; `severity` is (word, tone, icon)."""

    code: str
    title: str
    check: str
    source: str
    certainty: str
    severity: tuple[str, str, str]
    lawful: bool
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    rules: tuple[Rule, ...]


def sections(values: Sequence[DatedValue], today: date) -> list[Section]:
    """Every rule, group by group."""
    limits = limits_on((one.setting for one in values), today)
    return [
        Section(key, _(title), tuple(_rule(code, values, limits, today) for code in listed))
        for key, title, listed in GROUPS
    ]


def rule_of(code: str, values: Sequence[DatedValue], today: date) -> Rule:
    """One rule of WORDS."""
    return _rule(code, values, limits_on((one.setting for one in values), today), today)


def _rule(code: str, values: Sequence[DatedValue], limits: Limits, today: date) -> Rule:
    known = rules().get(code)
    word, tone, icon = SEVERITIES[known["severity"] if known else LOCAL_SEVERITY[code]]
    return Rule(
        code=code,
        title=_(WORDS[code].title),
        check=sentence(code, limits),
        source=source_of(code),
        certainty=certainty_of(code),
        severity=(_(word), tone, icon),
        lawful=known is not None and not known["certainty"].startswith("policy"),
        parameters=tuple(_parameter(name, values, limits, today) for name in parameters_of(code)),
    )


def parameters_of(code: str) -> list[str]:
    return [name for name, meta in PARAMETERS.items() if meta["rule"] == code]


def _parameter(name: str, values: Sequence[DatedValue], limits: Limits, today: date) -> Parameter:
    meta = PARAMETERS[name]
    own = sorted((one for one in values if one.setting.parameter == name), key=lambda one: one.setting.valid_from)
    past = [one for one in own if one.setting.valid_from <= today]
    value = getattr(limits, name)
    return Parameter(
        name=name,
        title=_(meta["title"]),
        unit=_(meta["unit"]),
        value=value,
        text=shown(name, value),
        optional=meta["optional"],
        since=past[-1].setting.valid_from if past else None,
        coming=tuple(one for one in own if one.setting.valid_from > today),
        history=tuple(reversed(past)),
    )


def sentence(code: str, limits: Limits) -> str:
    """What a rule asks, with the numbers of a day."""
    known = WORDS[code]
    if known.off and any(getattr(limits, name) is None for name in parameters_of(code)):
        return _(known.off)
    return _(known.check) % Shown(limits)


class Shown(dict[str, str]):
    """The parameters as people read them, each written only when a sentence asks for it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def __missing__(self, name: str) -> str:
        return shown(name, getattr(self.limits, name))


def shown(name: str, value: float | None) -> str:
    """« 35 h », « 5 jours », « désactivé »."""
    if value is None:
        return _("désactivé")
    unit = PARAMETERS[name]["unit"]
    if unit in (HOURS, CLOCK):
        return duration(value)
    if unit == MINUTES:
        return duration(value / 60)
    text = figure(value)
    if unit in (PERCENT, SPEED):
        return _("%(value)s %(unit)s") % {"value": text, "unit": _(unit)}
    return _counted(unit, value) % {"n": text}


def _counted(unit: str, value: float) -> str:
    count = 1 if value < 2 else 2
    if unit == DAYS:
        return ngettext("%(n)s jour", "%(n)s jours", count)
    if unit == MONTHS:
        return ngettext("%(n)s mois", "%(n)s mois", count)
    if unit == YEARS:
        return ngettext("%(n)s an", "%(n)s ans", count)
    if unit == SHIFTS:
        return ngettext("%(n)s créneau", "%(n)s créneaux", count)
    return ngettext("%(n)s place", "%(n)s places", count)


def named(code: str, source: str) -> str:
    """« Tutrice ou tuteur · L120-14 »: a rule's title, where it has one, and its source."""
    return " · ".join(filter(None, (_(WORDS[code].title) if code in WORDS else "", source)))


def figure(value: float | None) -> str:
    """A bare number with a comma: « 4,5 », « 24 »; nothing for None."""
    return "" if value is None else decimal(value, 2).rstrip("0").rstrip(",")


# What one limit may not pass of another, checked on the day of the change.
ORDER = (
    ("age_min", "age_max"),
    ("age_max", "age_max_extended"),
    ("months_min", "months_max"),
    ("stand_row_minor", "stand_day_minor"),
    ("pair_alert_last", "pair_alert_hours"),
)


def out_of_order(limits: Limits, changed: Iterable[str]) -> dict[str, str]:
    """By changed parameter, why it can't stand beside another."""
    found: dict[str, str] = {}
    names = set(changed)
    for low, high in ORDER:
        lower, upper = getattr(limits, low), getattr(limits, high)
        if not names & {low, high} or lower <= upper:
            continue
        name, other = (low, high) if low in names else (high, low)
        values: dict[str, Any] = {"title": _(PARAMETERS[other]["title"]), "value": shown(other, getattr(limits, other))}
        text = _("Au plus « %(title)s » : %(value)s.") if name == low else _("Au moins « %(title)s » : %(value)s.")
        found[name] = text % values
    return found
