"""What a request for leave must hold to be sent, and what its coordinator should know. Values in, verdicts out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from civic.contracts.leave_rules import LIVE, SICK, Dated, Days, Engagement, balance, count, days_of, sum_of
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.formats import day_long
from civic.i18n import _


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """Why a request can't be sent, at a field of its form."""

    field: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Situation:
    """What a request is judged with: the contract (or none), what was asked or decided before, the present day."""

    engagement: Engagement | None
    leaves: Sequence[Days]
    today: date
    dated: Dated = field(default_factory=Dated)


def judge(wish: Days, situation: Situation) -> list[FieldFinding]:
    """Every reason why a request can't be sent, each at its field; the balance warns and never refuses."""
    engagement = situation.engagement
    if engagement is None:
        return [_wrong("", "leave_contract", _("Le congé s’ouvre avec le contrat : aucun n’est encore enregistré."))]
    if wish.ends_on < wish.starts_on:
        return [_wrong("ends_on", "leave_dates", _("Le dernier jour vient avant le premier."))]
    found = [*_outside(wish, engagement)]
    if wish.ends_on < situation.today and wish.kind not in SICK:
        found.append(_wrong("ends_on", "leave_past", _("Ces jours sont passés : seul un arrêt se note après coup.")))
    other = next(
        (one for one in situation.leaves if one.state in LIVE and one.id != wish.id and _meet(one, wish)), None
    )
    if other is not None:
        values = {"first": day_long(other.starts_on), "last": day_long(other.ends_on)}
        said = _("Ces jours touchent un congé déjà demandé ou accepté, du %(first)s au %(last)s.") % values
        found.append(_wrong("starts_on", "leave_overlap", said))
    return found


def _outside(wish: Days, engagement: Engagement) -> Iterator[FieldFinding]:
    values = {"first": day_long(engagement.starts_on), "last": day_long(engagement.last_day)}
    if wish.ends_on - wish.starts_on > engagement.last_day - engagement.starts_on:
        yield _wrong("ends_on", "leave_too_long", _("Plus long que le contrat : du %(first)s au %(last)s.") % values)
        return
    if wish.starts_on < engagement.starts_on:
        yield _wrong("starts_on", "leave_outside", _("Le contrat commence le %(first)s : rien avant.") % values)
    if wish.ends_on > engagement.last_day:
        yield _wrong("ends_on", "leave_outside", _("Le contrat finit le %(last)s : rien après.") % values)


def _wrong(name: str, code: str, title: str) -> FieldFinding:
    return FieldFinding(name, Finding(code, title, source_of(code)))


def _meet(one: Days, other: Days) -> bool:
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def advise(wish: Days, situation: Situation) -> list[Finding]:
    """What the volunteer and the coordinator should know of a request: it never refuses, the coordinator decides.

    A request that stands among `situation.leaves` (same id) is not counted twice.
    """
    engagement = situation.engagement
    if engagement is None:
        return []
    verdicts = (
        ("leave_accrual", _beyond(wish, situation, engagement)),
        ("leave_event", _event(wish, situation, engagement)),
    )
    return [Finding(code, title, source_of(code)) for code, title in verdicts if title]


def _beyond(wish: Days, situation: Situation, engagement: Engagement) -> str | None:
    """Annual leave beyond what will be due when it begins."""
    if wish.kind != "annual":
        return None
    others = [one for one in situation.leaves if wish.id is None or one.id != wish.id]
    found = balance(engagement, others, max(wish.starts_on, engagement.starts_on), situation.dated)
    days = count(engagement, wish.starts_on, wish.ends_on)
    if days <= found.left or not days:
        return None
    values = {"days": days_of(Fraction(days)), "sum": sum_of(found), "opens": day_long(found.opens_on)}
    if not found.open:
        return _("Ce congé compte pour %(days)s : le droit au congé s’ouvre le %(opens)s.") % values
    return _("Ce congé compte pour %(days)s, le solde est moindre : %(sum)s.") % values


def _event(wish: Days, situation: Situation, engagement: Engagement) -> str | None:
    """LEAVE_EVENT: up to 3 days for a birth, a marriage or a PACS, up to 10 for a death (D121-21)."""
    limits = situation.dated.on(wish.starts_on)
    most = {"family_event": limits.leave_event_family, "death": limits.leave_event_death}.get(wish.kind)
    days = count(engagement, wish.starts_on, wish.ends_on)
    if most is None or days <= most:
        return None
    values = {"days": days_of(Fraction(days)), "most": days_of(Fraction(str(most)))}
    return _("Ce congé compte pour %(days)s : %(most)s au plus pour cette raison.") % values
