"""What the forms and lists offer to choose from, in the language of the request."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.encounters import codes, places, queries
from civic.encounters.models import Topic
from civic.encounters.topic_use import most_used_first
from civic.i18n import N_, _
from civic.sites.models import PILLARS, Site

Options = list[tuple[str, str]]
Groups = list[tuple[str, Options]]

QUESTIONS = {
    "contact_origin": N_("Qui a fait le premier pas ?"),
    "duration_band": N_("Combien de temps ?"),
    "group_kind": N_("Qui étaient-ils ?"),
    "origin_zone": N_("D’où venaient-ils ?"),
    "visit_habit": N_("Viennent-ils souvent ?"),
    "transport": N_("Comment sont-ils venus ?"),
    "spot": N_("À quel endroit ?"),
    "purpose": N_("De quelle nature ?"),
    "partner_venue": N_("Lieu culturel évoqué"),
    "referral": N_("Vers où les avez-vous orientés ?"),
}
PILLAR_NAMES = {
    "rev3": N_("La Métropole de la Troisième Révolution Industrielle"),
    "archipel_vert": N_("De l’Archipel noir à l’Archipel vert"),
    "resilience": N_("Un territoire de résilience"),
}


def labels(options: Mapping[str, str]) -> Options:
    return [(code, _(label)) for code, label in options.items()]


async def of_encounter(session: AsyncSession, user: User, day: date, site_id: str) -> dict[str, Any]:
    """The lists of the encounter form; topics come by pillar, that of the site first, cross-cutting ones last, and in
    each the most used first.
    """
    pillar = await session.scalar(select(Site.pillar).where(Site.id == site_id)) if site_id else None
    topics = await most_used_first(session, await queries.topics_on(session, day), user.id, clock.today())
    return {
        "sites": await places.site_choices(session),
        "ages": labels(codes.AGES),
        "topic_groups": by_pillar(topics, pillar),
        "details": [(name, _(QUESTIONS[name]), labels(options)) for name, options in codes.DETAILS.items()],
    }


def of_outing() -> dict[str, Any]:
    return {
        "weathers": labels(codes.WEATHERS),
        "crowds": labels(codes.CROWDS),
        "ambiences": labels(codes.AMBIENCES),
    }


def by_pillar(topics: Iterable[Topic], first: str | None) -> list[tuple[str | None, str, Options]]:
    """Pillar, its full name and its topics."""
    order = sorted(PILLARS, key=lambda pillar: pillar != first)
    groups: dict[str | None, Options] = {pillar: [] for pillar in (*order, None)}
    for topic in topics:
        groups[topic.pillar].append((topic.code, _(topic.label)))
    across = _("Sujets transversaux")
    return [
        (pillar, _(PILLAR_NAMES[pillar]) if pillar else across, options)
        for pillar, options in groups.items()
        if options
    ]
