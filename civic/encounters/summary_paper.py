"""The summary of an engagement on paper; civic.pdf lays it out."""

from datetime import datetime

from civic.bookings.papers import HOST, contract_facts
from civic.contracts.models import EngagementContract
from civic.encounters.summary import Summary
from civic.formats import day_long, duration, number
from civic.i18n import _, ngettext
from civic.pdf import Column, Document, Section
from civic.volunteers.models import Volunteer


def paper_of(volunteer: Volunteer, contract: EngagementContract | None, found: Summary, made_at: datetime) -> Document:
    facts = [
        (_("Volontaire"), volunteer.user.name),
        *contract_facts(contract),
        (_("Heures faites"), duration(float(found.statement.served))),
        (_("Créneaux tenus"), number(found.shifts)),
        (_("Sorties racontées"), number(found.outings)),
        (_("Rencontres"), number(found.encounters)),
        (_("Personnes rencontrées"), number(found.people)),
    ]
    return Document(
        title=_("Bilan de l’engagement"),
        subtitle=_("Jusqu’au %(day)s") % {"day": day_long(found.last)},
        made_at=made_at,
        footer=f"{_(HOST)} · {volunteer.user.name}",
        facts=facts,
        sections=[_sites(found), _topics(found), Section(_("À se dire pendant l’entretien"), items=questions())],
        notes=notes(found),
    )


def questions() -> list[str]:
    """What the figures do not say."""
    return [
        _("Une rencontre qui vous a marqué, et pourquoi."),
        _("Ce que vous savez faire maintenant, et que vous ne saviez pas faire."),
        _("Ce que le territoire gagnerait à entendre."),
        _("La suite pour vous : études, emploi, engagement."),
    ]


def notes(found: Summary) -> list[str]:
    said = [
        _("Les rencontres sont celles de vos sorties, notées par vous ou par votre binôme."),
        _("Ces chiffres ne sont lus que par vous et par qui suit votre engagement. Ils n’évaluent personne."),
    ]
    if found.statement.to_note:
        waiting = ngettext(
            "%(num)s créneau passé attend encore sa présence.",
            "%(num)s créneaux passés attendent encore leur présence.",
            found.statement.to_note,
        )
        said.append(waiting % {"num": found.statement.to_note})
    return said


def _sites(found: Summary) -> Section:
    title = _("Les lieux")
    if not found.sites:
        return Section(title, text=_("Aucun créneau ni rencontre pour l’instant."))
    columns = [
        Column(_("Lieu"), share=1),
        Column(_("Créneaux"), numeric=True),
        Column(_("Heures"), numeric=True),
        Column(_("Rencontres"), numeric=True),
        Column(_("Personnes"), numeric=True),
    ]
    rows = [
        (line.name, number(line.shifts), duration(line.hours), number(line.encounters), number(line.people))
        for line in found.sites
    ]
    hours = duration(float(found.statement.served))
    total = (_("Total"), number(found.shifts), hours, number(found.encounters), number(found.people))
    return Section(title, columns=columns, rows=rows, total=total)


def _topics(found: Summary) -> Section:
    title = _("De quoi vous avez parlé")
    if not found.topics:
        return Section(title, text=_("Aucune rencontre pour l’instant."))
    columns = [Column(_("Thème"), share=1), Column(_("Rencontres"), numeric=True)]
    rows = [(_(line.label), number(line.encounters)) for line in found.topics]
    return Section(title, columns=columns, rows=rows, text=_("Une rencontre porte sur un à trois thèmes."))
