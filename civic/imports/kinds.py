"""The three kinds of file: who may import each, its columns, and its two steps."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.i18n import N_
from civic.imports import shift_columns, shift_plan, shift_work, sites, volunteers
from civic.imports.columns import Column, Line
from civic.imports.plan import Plan, Planned


async def _nothing_to_hold(_session: AsyncSession, _plan: Plan) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """`plan` writes nothing; `hold` locks what would change and says whether the plan has to be made again; `apply`
    writes the lines that create or change."""

    code: str
    title: str
    lead: str
    file_name: str
    sheet: str
    roles: tuple[str, ...]
    columns: Sequence[Column]
    template: Sequence[str]
    plan: Callable[[AsyncSession, User, Sequence[Line]], Awaitable[Plan]]
    apply: Callable[[AsyncSession, User, Sequence[Planned]], Awaitable[None]]
    hold: Callable[[AsyncSession, Plan], Awaitable[bool]] = _nothing_to_hold


KINDS = {
    "shifts": Kind(
        "shifts",
        N_("Créneaux"),
        N_("Une ligne par créneau. Ils restent en brouillon, sauf si la colonne « État » dit « publié »."),
        "creneaux",
        shift_columns.SHEET,
        ("coordinator",),
        shift_columns.COLUMNS,
        shift_columns.TEMPLATE,
        shift_plan.plan,
        shift_work.apply,
        shift_work.hold,
    ),
    "volunteers": Kind(
        "volunteers",
        N_("Volontaires"),
        N_("Une ligne par personne, reconnue à son e-mail. Chaque personne nouvelle reçoit une invitation."),
        "volontaires",
        volunteers.SHEET,
        ("coordinator", "admin"),
        volunteers.COLUMNS,
        volunteers.TEMPLATE,
        volunteers.plan,
        volunteers.apply,
    ),
    "sites": Kind(
        "sites",
        N_("Lieux"),
        N_("Une ligne par lieu, reconnu à son code. Une case vide ne change rien."),
        "lieux",
        sites.SHEET,
        ("admin",),
        sites.COLUMNS,
        sites.TEMPLATE,
        sites.plan,
        sites.apply,
    ),
}


def kinds_of(user: User) -> list[Kind]:
    """What somebody may import."""
    return [kind for kind in KINDS.values() if user.role in kind.roles]
