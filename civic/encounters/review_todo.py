"""The line of the review in a coordinator's « À traiter »; civic.app gives it to the planning."""

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.encounters import review
from civic.i18n import _, ngettext
from civic.planning.todo import Todo


async def waiting(session: AsyncSession, user: User) -> list[Todo]:
    """One line for all that wait, none when nothing does."""
    count = await review.count(session, user)
    if not count:
        return []
    title = ngettext("%(n)s rencontre à relire", "%(n)s rencontres à relire", count) % {"n": count}
    text = _("Un commentaire à vérifier, ou des nombres inhabituels.")
    return [Todo("info", "eye", title, text, "/rencontres/a-relire", _("Relire"), count)]
