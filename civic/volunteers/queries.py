"""Named selects on volunteers: who may see whom, and the communes that they may live in."""

from sqlalchemy import Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.accounts.sight import Sight
from civic.sites.models import Commune, Intermunicipality
from civic.volunteers.models import Volunteer


def visible_to(user: User | Sight) -> Select[tuple[Volunteer]]:
    """Volunteers whom a person may see (`user.scopes` loaded).

    Oneself; for a coordinator those whose home commune is in scope, or unknown; everybody for an admin; nobody for a
    manager, who reads nothing personal.
    """
    chosen = select(Volunteer)
    if user.role == "volunteer":
        return chosen.where(Volunteer.user_id == user.id)
    if user.role == "admin" or (user.role == "coordinator" and not user.scopes):
        return chosen
    if user.role == "coordinator":
        return chosen.outerjoin(Commune, Commune.insee == Volunteer.commune_insee).where(
            or_(Volunteer.commune_insee.is_(None), Commune.intermunicipality_code.in_(user.scope_codes))
        )
    return chosen.where(false())


async def communes_by_intermunicipality(session: AsyncSession) -> list[tuple[str, list[tuple[str, str]]]]:
    """[(short name of the intermunicipality, [(INSEE code, name)])], both in alphabetical order."""
    rows = await session.execute(
        select(Intermunicipality.short_name, Commune.insee, Commune.name)
        .join(Intermunicipality, Intermunicipality.code == Commune.intermunicipality_code)
        .order_by(Intermunicipality.short_name, Commune.name)
    )
    grouped: dict[str, list[tuple[str, str]]] = {}
    for group, insee, name in rows:
        grouped.setdefault(group, []).append((insee, name))
    return list(grouped.items())
