"""A file of volunteers: its columns, what it would do, and the writing of it, by the verbs of an invitation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.accounts.rules import NAME_MAX
from civic.formats import day_numeric
from civic.i18n import N_, _
from civic.imports import cells
from civic.imports.columns import Column, Line
from civic.imports.places import Town, Towns, load_towns
from civic.imports.plan import Change, Plan, Planned, refused
from civic.imports.wrong import Unreadable
from civic.volunteers import actions, admin
from civic.volunteers.actions import Details
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.volunteers.rules import problem_with_birth_date

SHEET = N_("Volontaires")
# Each new account gets a password of its own to be replaced, which takes a moment, and a mail.
MAX_LINES = 300
COLUMNS = (
    Column(
        "email",
        N_("E-mail"),
        cells.email,
        required=True,
        example="ines@exemple.fr",
        help=N_("Une personne nouvelle reçoit une invitation à cette adresse."),
        also=("Adresse e-mail", "Mail", "Courriel"),
    ),
    Column(
        "name",
        N_("Nom"),
        cells.text(NAME_MAX),
        example=N_("Inès Exemple"),
        help=N_("Prénom et nom."),
        also=(N_("Prénom et nom"), "Nom complet"),
    ),
    Column(
        "birth_date",
        N_("Date de naissance"),
        cells.day,
        example="31/12/2005",
        help=N_("À remplir pour une personne nouvelle. Ne se change pas par un fichier."),
        also=(N_("Né(e) le"),),
    ),
    Column(
        "commune", N_("Commune"), cells.text(80), example="Lens", help=N_("Son nom ou son code INSEE."), also=("insee",)
    ),
    Column("phone", N_("Téléphone"), cells.phone, example="06 12 34 56 78"),
    Column("emergency_name", N_("Contact d’urgence"), cells.text(120), example="Sacha Exemple"),
    Column("emergency_phone", N_("Téléphone d’urgence"), cells.phone, example="06 98 76 54 32"),
)
TEMPLATE = tuple(one.code for one in COLUMNS)
LABELS = {one.code: one.label for one in COLUMNS} | {"commune_insee": "Commune"}
PHONES = ("phone", "emergency_phone")
PRIVATE = ("phone", "emergency_name", "emergency_phone")


@dataclass(frozen=True, slots=True)
class Work:
    """`volunteer_id` None: somebody to invite. Values by column of the volunteer; `name` may be empty."""

    volunteer_id: UUID | None
    email: str
    name: str
    birth_date: date | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    users: dict[str, User]
    volunteers: dict[UUID, Volunteer]
    visible: frozenset[UUID]
    towns: Towns
    by: User
    today: date


async def plan(session: AsyncSession, by: User, lines: Sequence[Line]) -> Plan:
    """Raises Unreadable for more people than a file may hold."""
    if len(lines) > MAX_LINES:
        raise Unreadable(_("%(n)s personnes au plus par fichier. Coupez-le en plusieurs.") % {"n": MAX_LINES})
    emails = [line.values["email"] for line in lines if "email" in line.values]
    users = {one.email: one for one in await session.scalars(select(User).where(User.email.in_(emails)))}
    ids = [one.id for one in users.values()]
    chosen = select(Volunteer).where(Volunteer.user_id.in_(ids)).options(joinedload(Volunteer.user))
    volunteers = {one.user_id: one for one in await session.scalars(chosen)}
    seen = visible_to(by).where(Volunteer.user_id.in_(ids)).with_only_columns(Volunteer.id)
    visible = frozenset(await session.scalars(seen))
    world = World(users, volunteers, visible, await load_towns(session), by, clock.today())
    taken: dict[str, int] = {}
    return Plan([_weigh(line, world, taken) for line in lines])


def _weigh(line: Line, world: World, taken: dict[str, int]) -> Planned:
    email = line.values.get("email", "")
    label = " · ".join(part for part in (line.typed.get("name", ""), email) if part) or _("ligne %(n)s") % {
        "n": line.number
    }
    if "email" not in line.typed:
        line.wrong("email", _("À remplir."))
    first = taken.setdefault(email, line.number)
    if email and first != line.number:
        line.wrong("email", _("C’est la même adresse qu’à la ligne %(n)s. Gardez une des deux.") % {"n": first})
    town = world.towns.find(line, "commune")
    if town and world.by.role == "coordinator" and not world.by.covers(town.intermunicipality):
        line.wrong("commune", _("Cette commune est hors de votre périmètre."))
    user = world.users.get(email)
    volunteer = world.volunteers.get(user.id) if user else None
    if user is not None:
        _check_standing(line, user, volunteer, world)
    else:
        _check_new(line, world.today)
    if line.problems:
        return refused(line, label)
    values = {name: line.values[name] for name in PRIVATE if name in line.values}
    if town:
        values["commune_insee"] = town.insee
    if volunteer is None:
        work = Work(None, email, line.values["name"], line.values["birth_date"], values)
        return Planned(line.number, label, "created", work=work, detail=_detail(work, town))
    return _changed(line, label, volunteer, values, world)


def _detail(work: Work, town: Town | None) -> str:
    born = day_numeric(work.birth_date) if work.birth_date else ""
    return " · ".join(part for part in (born, town.name if town else "") if part)


def _check_standing(line: Line, user: User, volunteer: Volunteer | None, world: World) -> None:
    # One sentence for both, so that a file does not tell who else has an account.
    if user.role != "volunteer" or volunteer is None or volunteer.id not in world.visible:
        line.wrong(
            "email", _("Cette adresse a déjà un compte, qui n’est pas celui d’un volontaire de votre périmètre.")
        )
    elif not user.is_active:
        line.wrong("email", _("Ce compte est fermé. L’administration peut le rouvrir."))
    elif line.values.get("birth_date", volunteer.birth_date) != volunteer.birth_date:
        known = day_numeric(volunteer.birth_date)
        line.wrong(
            "birth_date",
            _("Le compte dit %(day)s. Une date de naissance ne se change pas par un fichier.") % {"day": known},
        )


def _check_new(line: Line, today: date) -> None:
    for code in ("name", "birth_date"):
        if code not in line.typed:
            line.wrong(code, _("À remplir pour une personne nouvelle."))
    birth = line.values.get("birth_date")
    problem = problem_with_birth_date(birth, today) if birth else None
    if problem:
        line.wrong("birth_date", problem)


def _changed(line: Line, label: str, volunteer: Volunteer, values: dict[str, Any], world: World) -> Planned:
    found = []
    name = line.values.get("name", volunteer.user.name)
    if name != volunteer.user.name:
        found.append(Change(_(LABELS["name"]), volunteer.user.name, name))
    fresh = {code: after for code, after in values.items() if _differs(code, getattr(volunteer, code), after)}
    found.extend(_shown(code, getattr(volunteer, code), after, world) for code, after in fresh.items())
    if not found:
        return Planned(line.number, label, "same")
    work = Work(volunteer.id, volunteer.user.email, name, None, fresh)
    return Planned(line.number, label, "changed", changes=tuple(found), work=work)


def _differs(code: str, before: Any, after: Any) -> bool:
    return before != after and not (code in PHONES and cells.same_phone(before, after))


def _shown(code: str, before: Any, after: Any, world: World) -> Change:
    """What was there is told to coordinators only: an administrator plans nobody and calls nobody."""
    if code == "commune_insee":
        known: dict[str, Town] = world.towns.by_insee
        return Change(_(LABELS[code]), known[before].name if before in known else "–", known[after].name)
    if before and world.by.role != "coordinator":
        return Change(_(LABELS[code]), _("(masqué)"), after)
    return Change(_(LABELS[code]), before or "–", after)


async def apply(session: AsyncSession, by: User, lines: Sequence[Planned]) -> None:
    """Invite who is new and keep what changed; each account, mail and event of this is in one transaction."""
    for line in lines:
        work: Work = line.work
        if work.volunteer_id is None:
            made = await admin.invite(
                session, by=by, email=work.email, name=work.name, role="volunteer", birth_date=work.birth_date
            )
            volunteer = await session.scalar(select(Volunteer).where(Volunteer.user_id == made.id))
        else:
            chosen = select(Volunteer).where(Volunteer.id == work.volunteer_id).options(joinedload(Volunteer.user))
            volunteer = await session.scalar(chosen)
            if volunteer is not None and work.name != volunteer.user.name:
                actions.rename(session, volunteer, work.name, by=by)
        if volunteer is not None:
            actions.update_details(session, volunteer, _details(volunteer, work.values), by=by)
    await session.flush()


def _details(volunteer: Volunteer, values: dict[str, Any]) -> Details:
    return Details(
        commune_insee=values.get("commune_insee", volunteer.commune_insee),
        phone=values.get("phone", volunteer.phone),
        emergency_name=values.get("emergency_name", volunteer.emergency_name),
        emergency_phone=values.get("emergency_phone", volunteer.emergency_phone),
    )
