"""Which proposals somebody sees, and all that the page of one shows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings.queries import shift_facts
from civic.bookings.values import ShiftFacts
from civic.i18n import N_, _
from civic.planning.fill_actions import lost
from civic.planning.models import FillLine, FillProposal
from civic.volunteers.models import Volunteer

SHOWN = 20
# Why somebody is not the one for a place, as « 12 déjà pris »: the first rule of each, in few words.
# What keeps one person, and several, from the places that stay empty.
WHY = {
    "spare": (N_("libre, gardé pour sa semaine ou un binôme"), N_("libres, gardés pour leur semaine ou un binôme")),
    "set_aside": (N_("écarté par vous"), N_("écartés par vous")),
    "overlap": (N_("déjà pris"), N_("déjà pris")),
    "week_max_adult": (N_("au plafond d’heures de la semaine"), N_("au plafond d’heures de la semaine")),
    "week_max_minor": (
        N_("mineur au plafond d’heures de la semaine"),
        N_("mineurs au plafond d’heures de la semaine"),
    ),
    "week_days_adult": (N_("au plafond de jours de la semaine"), N_("au plafond de jours de la semaine")),
    "week_days_minor": (
        N_("mineur au plafond de jours de la semaine"),
        N_("mineurs au plafond de jours de la semaine"),
    ),
    "day_max_minor": (N_("mineur au plafond du jour"), N_("mineurs au plafond du jour")),
    "break_minor": (N_("mineur sans pause assez longue"), N_("mineurs sans pause assez longue")),
    "night_minor": (N_("mineur, la nuit"), N_("mineurs, la nuit")),
    "weekly_rest_minor": (N_("mineur, au repos de la semaine"), N_("mineurs, au repos de la semaine")),
    "holiday_minor": (N_("mineur, un jour férié"), N_("mineurs, un jour férié")),
    "risk_minor": (N_("mineur, mission à risque"), N_("mineurs, mission à risque")),
    "lone_minor": (N_("mineur, une seule place"), N_("mineurs, une seule place")),
    "leave_conflict": (N_("en congé"), N_("en congé")),
    "training_missing": (N_("sans la formation demandée"), N_("sans la formation demandée")),
    "mission_age": (N_("trop jeune pour la mission"), N_("trop jeunes pour la mission")),
    "contract_ready": (N_("sans contrat prêt ce jour-là"), N_("sans contrat prêt ce jour-là")),
    "medical": (N_("sans aptitude enregistrée"), N_("sans aptitude enregistrée")),
    "email_unverified": (N_("sans adresse confirmée"), N_("sans adresse confirmée")),
    "parental_auth": (N_("mineur sans autorisation parentale"), N_("mineurs sans autorisation parentale")),
    "tutor_assigned": (N_("sans tuteur nommé"), N_("sans tuteur nommé")),
    "tutor_minor": (N_("mineur sans tutorat renforcé"), N_("mineurs sans tutorat renforcé")),
    "site_closed": (N_("devant un lieu fermé ce jour-là"), N_("devant un lieu fermé ce jour-là")),
    "shift_not_open": (N_("devant un créneau qui n’est plus ouvert"), N_("devant un créneau qui n’est plus ouvert")),
    "shift_started": (N_("trop tard, le créneau a commencé"), N_("trop tard, le créneau a commencé")),
}
OTHERWISE = (N_("empêché par une autre règle"), N_("empêchés par une autre règle"))


@dataclass(frozen=True, slots=True)
class Row:
    line: FillLine
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one shift."""

    shift: ShiftFacts
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Draft:
    """Each day has its shifts in order of time; `empty` is (shift, places left, sentence), `people` (name, id, Monday,
    hours, contract)."""

    days: list[tuple[date, list[Group]]]
    empty: list[tuple[ShiftFacts, int, str]]
    people: list[tuple[str, UUID, date, float, float]]
    left: int
    warned: int
    placed: int
    lost: bool


def visible_to(user: User) -> Select[tuple[FillProposal]]:
    """One's own; a coordinator of everything sees everybody's."""
    own = FillProposal.created_by_id == user.id
    return select(FillProposal).where(own if user.scopes else true())


async def recent(session: AsyncSession, user: User) -> Sequence[tuple[FillProposal, str, int]]:
    """The last ones with who asked and how many lines still wait."""
    left = (
        select(func.count(FillLine.id))
        .where(FillLine.proposal_id == FillProposal.id, FillLine.state == "proposed")
        .scalar_subquery()
    )
    chosen = visible_to(user).outerjoin(User, User.id == FillProposal.created_by_id)
    chosen = chosen.order_by(FillProposal.created_at.desc(), FillProposal.id).limit(SHOWN)
    rows = await session.execute(chosen.with_only_columns(FillProposal, User.name, left))
    return [(row[0], row[1] or "", row[2]) for row in rows]


async def draft_of(session: AsyncSession, proposal: FillProposal) -> Draft:
    """Lines by shift, what stays empty and why, and who is away from their contract; four queries."""
    chosen = (
        select(FillLine, User.name)
        .join(Volunteer, Volunteer.id == FillLine.volunteer_id)
        .join(User, User.id == Volunteer.user_id)
        .where(FillLine.proposal_id == proposal.id)
    )
    lines = sorted((await session.execute(chosen)).all(), key=lambda row: int(row[0].detail.get("rank", 0)))
    outcome: dict[str, Any] = proposal.outcome
    short = outcome.get("empty", [])
    ids = {row[0].shift_id for row in lines} | {UUID(one["shift"]) for one in short}
    shifts = await shift_facts(session, ids)
    by_shift: defaultdict[UUID, list[Row]] = defaultdict(list)
    for line, name in lines:
        by_shift[line.shift_id].append(Row(line, name))
    open_lines = [row[0] for row in lines if row[0].state == "proposed"]
    return Draft(
        days=by_day([Group(shifts[key], rows) for key, rows in by_shift.items()]),
        empty=[
            (shifts[UUID(one["shift"])], one["free"], why_empty(one["reasons"]))
            for one in short
            if UUID(one["shift"]) in shifts
        ],
        people=await _people(session, outcome.get("people", [])),
        left=len(open_lines),
        warned=sum(bool(one.detail.get("warnings")) for one in open_lines),
        placed=sum(row[0].state == "accepted" for row in lines),
        lost=lost(proposal),
    )


def by_day(groups: Iterable[Group]) -> list[tuple[date, list[Group]]]:
    """In order of time, within a day too."""
    ordered = sorted(groups, key=lambda one: (one.shift.times.starts_at, one.shift.site_name, one.shift.id))
    return [(day, list(found)) for day, found in groupby(ordered, key=lambda one: one.shift.times.day)]


def why_empty(reasons: list[tuple[str, int]]) -> str:
    """Each reason once, with how many people it keeps. A rule that has no words any more is told with its like."""
    told = [(WHY[code], count) for code, count in reasons if code in WHY]
    if others := sum(count for code, count in reasons if code not in WHY):
        told.append((OTHERWISE, others))
    words = [f"{count} {_(text[count > 1])}" for text, count in told]
    return ", ".join(words) if words else _("personne dans votre équipe")


async def _people(session: AsyncSession, rows: list[dict[str, Any]]) -> list[tuple[str, UUID, date, float, float]]:
    ids = {UUID(one["volunteer"]) for one in rows}
    chosen = select(Volunteer.id, User.name).join(User, User.id == Volunteer.user_id).where(Volunteer.id.in_(ids))
    names = {row[0]: row[1] for row in await session.execute(chosen)} if ids else {}
    return [
        (names[key], key, date.fromisoformat(one["monday"]), float(one["hours"]), float(one["weekly"]))
        for one in rows
        if (key := UUID(one["volunteer"])) in names
    ]
