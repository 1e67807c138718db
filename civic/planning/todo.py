"""« À traiter »: what needs a decision, the most urgent first, each with its one button. Values in, items out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from civic import clock
from civic.bookings.values import Crowd, ShiftFacts
from civic.formats import day_short, first_name, hour_range
from civic.i18n import _, ngettext
from civic.planning.conflicts import Conflict
from civic.planning.due import Due

# How many of a kind stand beside the board; the full page shows all.
SHOWN = 3
CONFLICTS_SHOWN = 6
QUEUES_SHOWN = 2


class Address(Protocol):
    """Where the panel of a shift opens, in its own week."""

    def __call__(self, shift_id: UUID, starts_at: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class Todo:
    """One decision: `act` is the word of its button, `count` how many it stands for."""

    tone: str
    icon: str
    title: str
    text: str
    href: str
    act: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the list is made of."""

    conflicts: Sequence[Conflict] = ()
    due: Sequence[Due] = ()
    unnoted: Sequence[Due] = ()
    shifts: Sequence[ShiftFacts] = ()
    crowds: Mapping[UUID, Crowd] = field(default_factory=dict)
    contracts: int = 0
    late: int = 0
    leaves: int = 0
    applications: int = 0
    dead_mails: int = 0
    drafts: int = 0
    drafts_href: str = ""
    site: str = ""


def listed(facts: Facts, address: Address, now: datetime, *, whole: bool = False) -> list[Todo]:
    """Ordered by urgency: who would stand alone or nobody at all within 48 h, places that no longer hold, pairs that
    lack somebody, people who wait for an answer, papers, then what can wait. `whole` leaves nothing folded."""
    closed = _shut(facts, now)
    due = [one for one in facts.due if one.id not in {shift.id for shift in closed}]
    alerts = _alerts(due, facts.crowds, address, None if whole else SHOWN)
    return [
        *(one for one in alerts if one.tone == "bad"),
        *_conflicts(facts, address, None if whole else CONFLICTS_SHOWN),
        *_closed(closed, address, None if whole else SHOWN),
        *(one for one in alerts if one.tone != "bad"),
        *_people(facts),
        *_papers(facts),
        *_unnoted(facts, address, None if whole else 1),
        *_queues(facts, address, now, None if whole else QUEUES_SHOWN),
        *_drafts(facts),
    ]


def total(items: Sequence[Todo]) -> int:
    """How many decisions the list stands for."""
    return sum(one.count for one in items)


def when(place: str, starts_at: datetime, ends_at: datetime) -> str:
    """« 9-9bis, jeu. 26 nov., 14 h – 18 h. »"""
    return f"{place}, {day_short(starts_at)}, {hour_range(starts_at, ends_at)}."


def _of_due(due: Due) -> str:
    return when(due.site_name, due.starts_at, due.ends_at)


def _of_shift(shift: ShiftFacts) -> str:
    return when(shift.site_name, shift.times.starts_at, shift.times.ends_at)


def _conflicts(facts: Facts, address: Address, most: int | None) -> list[Todo]:
    """The places that no longer hold, those of the chosen site first; the panel of each has what to do."""
    ordered = sorted(facts.conflicts, key=lambda one: one.shift.site_id != facts.site)
    shown = ordered if most is None or len(ordered) <= most + 1 else ordered[:most]
    found = []
    for one in shown:
        title = _("%(name)s : place en conflit") % {"name": one.held.volunteer_name}
        text = f"{_of_shift(one.shift)} {one.finding.title}"
        href = address(one.shift.id, one.shift.times.starts_at)
        found.append(Todo("bad", "ban", title, text, href, _("Régler")))
    if len(shown) < len(ordered):
        following, more = ordered[len(shown)].shift, len(ordered) - len(shown)
        title = _("Et %(n)s autres places en conflit") % {"n": more}
        text = _("La première : %(shift)s") % {"shift": _of_shift(following)}
        href = address(following.id, following.times.starts_at)
        found.append(Todo("bad", "ban", title, text, href, _("Régler"), more))
    return found


def _shut(facts: Facts, now: datetime) -> list[ShiftFacts]:
    """The coming shifts of the week, drafts too, that fall on a day when their site closes: nobody can take them."""
    told = {one.shift.id for one in facts.conflicts}
    coming = [one for one in facts.shifts if one.state != "cancelled" and one.times.starts_at > now]
    return [one for one in coming if one.id not in told and any(day.touches(one.times) for day in one.closures)]


def _closed(closed: Sequence[ShiftFacts], address: Address, most: int | None) -> list[Todo]:
    shown = closed if most is None or len(closed) <= most + 1 else closed[:most]
    title = _("Créneau un jour de fermeture")
    found = []
    for one in shown:
        text = f"{_of_shift(one)} {_('Déplacez-le ou annulez-le.')}"
        found.append(Todo("bad", "ban", title, text, address(one.id, one.times.starts_at), _("Régler")))
    if len(shown) < len(closed):
        following, more = closed[len(shown)], len(closed) - len(shown)
        title = _("Et %(n)s autres un jour de fermeture") % {"n": more}
        text = _("Le premier : %(shift)s") % {"shift": _of_shift(following)}
        href = address(following.id, following.times.starts_at)
        found.append(Todo("bad", "ban", title, text, href, _("Régler"), more))
    return found


def _alerts(urgent: Sequence[Due], crowds: Mapping[UUID, Crowd], address: Address, most: int | None) -> list[Todo]:
    due = sorted(urgent, key=lambda one: bool(one.seated) and not one.lone_minor)
    shown = due if most is None or len(due) <= most + 1 else due[:most]
    found = [_alert(one, crowds, address) for one in shown]
    if len(shown) < len(due):
        following, more = due[len(shown)], len(due) - len(shown)
        title = _("Et %(n)s autres sous 48 h") % {"n": more}
        text = _("Le premier : %(shift)s") % {"shift": _of_due(following)}
        href = address(following.id, following.starts_at)
        found.append(Todo("warn", "users-round", title, text, href, _("Pourvoir"), more))
    return found


def _alert(due: Due, crowds: Mapping[UUID, Crowd], address: Address) -> Todo:
    href, act = address(due.id, due.starts_at), _("Pourvoir")
    if not due.seated:
        nobody = _("%(shift)s Personne n’est inscrit.") % {"shift": _of_due(due)}
        return Todo("bad", "triangle-alert", _empty_title(due), nobody, href, act)
    names = " ".join(first_name(held.volunteer_name) for held in crowds[due.id].seated[:1])
    alone = _("%(shift)s Seulement %(name)s.") % {"shift": _of_due(due), "name": names}
    tone, icon, title = _alert_title(due)
    return Todo(tone, icon, title, alone if due.seated == 1 else _of_due(due), href, act)


def _alert_title(due: Due) -> tuple[str, str, str]:
    if due.lone_minor:
        return "bad", "triangle-alert", _("Mineur seul")
    if due.called:
        return "warn", "users-round", _("Remplacement cherché")
    return "warn", "users-round", _("Incomplet sous 48 h")


def _empty_title(due: Due) -> str:
    distance = (clock.local(due.starts_at).date() - clock.today()).days
    if distance == 0:
        return _("Vide aujourd’hui")
    return _("Vide demain") if distance == 1 else _("Vide sous 48 h")


def _people(facts: Facts) -> list[Todo]:
    """Who waits for an answer."""
    found = []
    if facts.leaves:
        title = ngettext("%(n)s congé à décider", "%(n)s congés à décider", facts.leaves) % {"n": facts.leaves}
        text = _("La personne attend votre réponse.")
        found.append(Todo("info", "calendar-x", title, text, "/conges", _("Décider"), facts.leaves))
    if facts.applications:
        title = ngettext("%(n)s candidature", "%(n)s candidatures", facts.applications) % {"n": facts.applications}
        text = _("Elles attendent votre réponse.")
        href = "/candidatures?state=submitted"
        found.append(Todo("info", "mail", title, text, href, _("Répondre"), facts.applications))
    return found


def _papers(facts: Facts) -> list[Todo]:
    """Contracts with something late, or that end soon, and mails that never arrived; the pages have the names."""
    found = []
    if facts.contracts:
        title = ngettext("%(n)s contrat à suivre", "%(n)s contrats à suivre", facts.contracts) % {"n": facts.contracts}
        text = _("Formation, entretien ou attestation en retard, ou fin proche.")
        href = "/volontaires?etat=a_suivre"
        found.append(Todo("warn", "file-check", title, text, href, _("Suivre"), facts.contracts))
    if facts.late:
        title = ngettext("%(n)s contrat pas prêt", "%(n)s contrats pas prêts", facts.late) % {"n": facts.late}
        text = _("Un papier manque : ces volontaires ne peuvent pas réserver.")
        href = "/volontaires?etat=a_completer"
        found.append(Todo("warn", "circle-alert", title, text, href, _("Compléter"), facts.late))
    if facts.dead_mails:
        count = facts.dead_mails
        title = ngettext("%(n)s e-mail non parti", "%(n)s e-mails non partis", count) % {"n": count}
        text = _("Prévenez ces personnes par téléphone ; l’administration peut renvoyer l’e-mail.")
        found.append(Todo("warn", "mail", title, text, "/planning/a-traiter#courriels", _("Voir qui"), count))
    return found


def _unnoted(facts: Facts, address: Address, most: int | None) -> list[Todo]:
    """The oldest shifts without their attendance; beside the board one stands for all."""
    if most is None:
        return [replace(_one_unnoted([one], address), count=1) for one in facts.unnoted]
    return [_one_unnoted(facts.unnoted, address)] if facts.unnoted else []


def _one_unnoted(due: Sequence[Due], address: Address) -> Todo:
    seats, more = sum(one.seated for one in due), len(due) - 1
    title = ngettext("%(n)s présence à noter", "%(n)s présences à noter", seats) % {"n": seats}
    text = _of_due(due[0])
    if more:
        others = ngettext("Et %(n)s autre créneau.", "Et %(n)s autres créneaux.", more) % {"n": more}
        text = f"{text} {others}"
    return Todo("info", "list-checks", title, text, address(due[0].id, due[0].starts_at), _("Noter"))


def _queues(facts: Facts, address: Address, now: datetime, most: int | None) -> list[Todo]:
    found = []
    for shift in facts.shifts:
        waiting = len(facts.crowds[shift.id].waiting) if shift.id in facts.crowds else 0
        if shift.state == "published" and shift.times.starts_at > now and waiting > 1:
            text = _("Un second binôme est possible : %(site)s, %(day)s") % {
                "site": shift.site_name,
                "day": day_short(shift.times.starts_at),
            }
            title = _("%(n)s en liste d’attente") % {"n": waiting}
            href = address(shift.id, shift.times.starts_at)
            found.append(Todo("info", "hourglass", title, text, href, _("Ouvrir des places")))
    return found[:most]


def _drafts(facts: Facts) -> list[Todo]:
    if not facts.drafts:
        return []
    title = ngettext("%(n)s brouillon", "%(n)s brouillons", facts.drafts) % {"n": facts.drafts}
    text = _("Cette semaine, pas encore visibles des volontaires.")
    return [Todo("info", "pen-line", title, text, facts.drafts_href, _("Publier"))]
