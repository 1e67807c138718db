"""Every number that a rule uses, as a dated setting: what it is, its default, and what stood on a given day."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from civic.i18n import N_

DAYS, HOURS, MINUTES, MONTHS, YEARS = N_("jours"), N_("heures"), N_("minutes"), N_("mois"), N_("ans")
PERCENT, CLOCK, PLACES, SPEED = N_("%"), N_("h (heure locale)"), N_("places"), N_("km/h")
SHIFTS = N_("créneaux")


def _limit(
    default: float | None,
    rule: str,
    title: str,
    unit: str,
    lowest: float,
    highest: float,
    *,
    whole: bool = True,
    optional: bool = False,
) -> Any:
    """A field of Limits; `rule` is the id of rules.json in lower case, or "local" for our own policy.

    An `optional` one can be switched off, as is one that has no default.
    """
    meta = {
        "rule": rule,
        "title": title,
        "unit": unit,
        "lowest": lowest,
        "highest": highest,
        "whole": whole,
        "optional": optional or default is None,
    }
    return field(default=default, metadata=meta)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that hold on one day. An optional one that is None is switched off."""

    age_min: float = _limit(16, "age_min", N_("Âge minimal au début du contrat"), YEARS, 16, 18)
    age_max: float = _limit(25, "age_max", N_("Âge maximal au début du contrat"), YEARS, 18, 30)
    age_max_extended: float = _limit(30, "age_max", N_("Âge maximal, limite portée à 30 ans"), YEARS, 18, 35)
    months_min: float = _limit(6, "contract_length", N_("Durée minimale du contrat"), MONTHS, 1, 12)
    months_max: float = _limit(12, "contract_length", N_("Durée maximale du contrat"), MONTHS, 1, 36)
    week_max_adult: float = _limit(48, "week_max_adult", N_("Heures par semaine, adulte"), HOURS, 1, 60, whole=False)
    week_days_adult: float = _limit(6, "week_days_adult", N_("Jours par semaine, adulte"), DAYS, 1, 7)
    week_max_minor: float = _limit(35, "week_max_minor", N_("Heures par semaine, mineur"), HOURS, 1, 48, whole=False)
    week_days_minor: float = _limit(5, "week_days_minor", N_("Jours par semaine, mineur"), DAYS, 1, 7)
    week_min: float = _limit(24, "week_min", N_("Heures par semaine, en moyenne, au moins"), HOURS, 0, 48, whole=False)
    week_contract_percent: float = _limit(20, "week_contract", N_("Au-dessus des heures du contrat"), PERCENT, 0, 100)
    day_max_minor: float = _limit(7, "day_max_minor", N_("Heures par jour, mineur"), HOURS, 1, 12, whole=False)
    break_minor_minutes: float = _limit(30, "break_minor", N_("Pause d’un mineur, au moins"), MINUTES, 0, 120)
    break_minor_after: float = _limit(4.5, "break_minor", N_("Sans pause, mineur"), HOURS, 1, 12, whole=False)
    night_starts: float = _limit(22, "night_minor", N_("Début de la nuit"), CLOCK, 18, 24)
    night_ends: float = _limit(6, "night_minor", N_("Fin de la nuit"), CLOCK, 0, 10)
    rest_days_minor: float = _limit(2, "weekly_rest_minor", N_("Jours de repos de suite, mineur"), DAYS, 1, 7)
    stand_row_minor: float = _limit(2, "stand_minor", N_("Stand dehors, de suite, mineur"), HOURS, 0, 12, whole=False)
    stand_day_minor: float = _limit(6, "stand_minor", N_("Stand dehors, par jour, mineur"), HOURS, 0, 12, whole=False)
    daily_rest_adult: float = _limit(11, "daily_rest_adult", N_("Repos entre deux jours, adulte"), HOURS, 0, 24)
    daily_rest_minor: float = _limit(12, "daily_rest_minor", N_("Repos entre deux jours, mineur"), HOURS, 0, 24)
    long_day_adult: float = _limit(10, "long_day_adult", N_("Heures par jour, adulte"), HOURS, 1, 24, whole=False)
    break_adult_after: float = _limit(6, "long_day_adult", N_("Sans pause, adulte"), HOURS, 1, 12, whole=False)
    break_adult_minutes: float = _limit(20, "long_day_adult", N_("Pause d’un adulte, au moins"), MINUTES, 0, 120)
    leave_days: float = _limit(2, "leave_accrual", N_("Congé par mois"), DAYS, 0, 10, whole=False)
    leave_days_minor: float = _limit(3, "leave_accrual", N_("Congé par mois, mineur"), DAYS, 0, 10, whole=False)
    leave_opens_after: float = _limit(10, "leave_accrual", N_("Le congé s’ouvre après"), DAYS, 0, 60)
    leave_unused_days: float = _limit(45, "leave_unused", N_("Congé restant, rappel avant la fin"), DAYS, 0, 180)
    leave_event_family: float = _limit(3, "leave_event", N_("Naissance, mariage, PACS"), DAYS, 0, 30)
    leave_event_death: float = _limit(10, "leave_event", N_("Décès d’un proche"), DAYS, 0, 30)
    civic_half_months: float = _limit(3, "fcc_half", N_("Première moitié de la formation civique avant"), MONTHS, 1, 12)
    civic_days: float = _limit(2, "fcc_total", N_("Formation civique, au moins"), DAYS, 1, 10)
    first_aid_years: float = _limit(2, "psc_done", N_("Premiers secours déjà passés depuis moins de"), YEARS, 0, 10)
    attest_months: float = _limit(2, "fcc_attest", N_("Formation attestée après la fin, au plus"), MONTHS, 0, 12)
    substitution_years: float = _limit(1, "no_substitution", N_("Mission faite par un agent, délai"), YEARS, 0, 5)
    notice_months: float = _limit(1, "notice", N_("Préavis d’une fin anticipée"), MONTHS, 0, 3)
    withdrawal_hours: float = _limit(24, "local", N_("Désistement en ligne jusqu’à, avant le début"), HOURS, 0, 168)
    window_days: float | None = _limit(None, "booking_window", N_("Les créneaux s’ouvrent avant, de"), DAYS, 1, 120)
    window_hour: float = _limit(18, "booking_window", N_("Les créneaux s’ouvrent à"), CLOCK, 0, 23)
    self_cap: float | None = _limit(None, "self_booking_cap", N_("Places prises soi-même par semaine"), PLACES, 1, 20)
    self_cap_until: float = _limit(48, "self_booking_cap", N_("Ce plafond tombe avant le début, de"), HOURS, 0, 336)
    offer_hours: float = _limit(12, "local", N_("Une place proposée est gardée, au plus"), HOURS, 1, 72)
    rush_hours: float = _limit(2, "local", N_("Place au premier qui répond, avant le début"), HOURS, 0, 24)
    pair_alert_hours: float = _limit(48, "lone_volunteer", N_("Premier rappel d’un binôme incomplet"), HOURS, 1, 168)
    pair_alert_last: float = _limit(24, "lone_volunteer", N_("Dernier rappel d’un binôme incomplet"), HOURS, 1, 168)
    travel_speed: float = _limit(12, "travel", N_("Trajet entre deux lieux, à vol d’oiseau"), SPEED, 1, 120)
    newcomer_shifts: float | None = _limit(
        3, "newcomer_alone", N_("Nouvelle personne : ses premiers créneaux"), SHIFTS, 1, 20, optional=True
    )
    check_in_before: float = _limit(30, "local", N_("Arrivée notée soi-même, avant le début, de"), MINUTES, 0, 240)
    check_in_after: float = _limit(60, "local", N_("Arrivée notée soi-même, après le début, de"), MINUTES, 0, 600)


PARAMETERS = {one.name: one.metadata for one in fields(Limits)}
DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Setting:
    """One dated value of a parameter; None switches an optional one off."""

    parameter: str
    value: float | None
    valid_from: date


def limits_on(settings: Iterable[Setting], day: date) -> Limits:
    """What stands on a day: the defaults, overridden by the last setting of each parameter that is valid by then."""
    held = sorted((one for one in settings if one.valid_from <= day), key=lambda one: one.valid_from)
    values: dict[str, Any] = {one.parameter: one.value for one in held if one.parameter in PARAMETERS}
    return replace(DEFAULT, **values) if values else DEFAULT
