"""The papers of an engagement: the monthly statement of hours, and the summary of what was done in it.

Only words and figures are made here; civic.pdf lays them out. The host body's own certificate (« attestation de service
civique ») is made by the State: this one describes the activities, as L120-1 asks.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from civic import clock
from civic.bookings.statement import Line, Statement
from civic.contracts.models import EngagementContract
from civic.contracts.rules import TRAINING_NAMES
from civic.formats import day_long, day_numeric, duration, hour, hour_range, month, week_range, weekday_short
from civic.i18n import N_, _, ngettext
from civic.pdf import Column, Document, Section
from civic.volunteers.models import Volunteer

HOST = N_("Pôle Métropolitain de l’Artois")
STATES = {"present": N_("Venue notée"), "absent": N_("Absence"), "excused": N_("Absence excusée")}
LEAVES = {
    "annual": N_("Congé"),
    "family_event": N_("Congé exceptionnel"),
    "death": N_("Congé exceptionnel"),
    "sick": N_("Arrêt"),
    "accident": N_("Arrêt"),
    "maternity": N_("Maternité ou adoption"),
    "other": N_("Absence autorisée"),
}


def dated(value: datetime) -> str:
    """With the year: a paper is read again years later."""
    return _("%(day)s à %(time)s") % {"day": day_long(value), "time": hour(value)}


def hours(value: Fraction) -> str:
    return duration(float(value))


def state_text(line: Line, cut_off: datetime) -> str:
    """What is known of one line."""
    if line.state is not None:
        return _(STATES[line.state])
    return _("À venir") if line.times.ends_at > cut_off else _("À confirmer")


def statement_paper(volunteer: Volunteer, contract: EngagementContract | None, statement: Statement) -> Document:
    """A month's hours, to sign and to keep."""
    facts = [(_("Volontaire"), volunteer.user.name), *contract_facts(contract)]
    facts.append((_("Heures faites"), hours(statement.served)))
    facts.append((_("Heures prévues"), hours(statement.planned)))
    return Document(
        title=_("Relevé d’heures"),
        subtitle=month(statement.first).capitalize(),
        made_at=statement.cut_off,
        footer=f"{_(HOST)} · {volunteer.user.name} · {month(statement.first)}",
        facts=facts,
        sections=[_lines(statement), *_weeks(statement), *_leaves(statement)],
        notes=_notes(statement),
        signatures=[_("Signature : volontaire"), _("Signature : tutorat")],
    )


def contract_facts(contract: EngagementContract | None) -> list[tuple[str, str]]:
    if contract is None:
        return []
    days = {"first": day_long(contract.starts_on), "last": day_long(contract.last_day)}
    engaged = _("du %(first)s au %(last)s") % days
    weekly = _("%(hours)s par semaine") % {"hours": duration(float(contract.weekly_hours))}
    return [(_("Engagement"), f"{engaged}, {weekly}")]


def _lines(statement: Statement) -> Section:
    rows = [
        (
            f"{weekday_short(line.times.starts_at)} {day_numeric(line.times.starts_at)}",
            hour_range(line.times.starts_at, line.times.ends_at),
            f"{line.site}, {line.commune}",
            state_text(line, statement.cut_off),
            hours(line.planned),
            "–" if line.served is None else hours(line.served),
        )
        for line in statement.lines
    ]
    if not rows:
        return Section(_("Créneaux"), text=_("Aucun créneau ce mois-ci."))
    columns = [
        Column(_("Jour")),
        Column(_("Heures")),
        Column(_("Lieu"), share=1),
        Column(_("Présence")),
        Column(_("Prévues"), numeric=True),
        Column(_("Faites"), numeric=True),
    ]
    total = (_("Total"), "", "", "", hours(statement.planned), hours(statement.served))
    return Section(_("Créneaux"), columns=columns, rows=rows, total=total)


def _weeks(statement: Statement) -> list[Section]:
    if not statement.lines:
        return []
    columns = [Column(_("Semaine"), share=1), Column(_("Prévues"), numeric=True), Column(_("Faites"), numeric=True)]
    rows = [(week_range(week.monday), hours(week.planned), hours(week.served)) for week in statement.weeks]
    return [Section(_("Par semaine"), columns=columns, rows=rows)]


def _leaves(statement: Statement) -> list[Section]:
    if not statement.leaves:
        return []
    items = [
        _("%(kind)s : du %(first)s au %(last)s")
        % {"kind": _(LEAVES[one.kind]), "first": day_long(one.starts_on), "last": day_long(one.ends_on)}
        for one in statement.leaves
    ]
    return [Section(_("Congés et absences"), items=items)]


def _notes(statement: Statement) -> list[str]:
    notes = [
        _("Arrêté le %(moment)s. Une nuit se partage à minuit entre ses deux jours ; la pause prévue ne compte pas.")
        % {"moment": dated(statement.cut_off)}
    ]
    if statement.to_note:
        text = ngettext(
            "%(n)s créneau passé attend encore sa présence : il n’est pas dans les heures faites.",
            "%(n)s créneaux passés attendent encore leur présence : ils ne sont pas dans les heures faites.",
            statement.to_note,
        )
        notes.append(text % {"n": statement.to_note})
    notes.append(
        _("L’engagement de service civique n’est pas un travail salarié : ce relevé n’est pas une fiche de paie.")
    )
    return notes


def certificate_paper(
    volunteer: Volunteer, contract: EngagementContract, statement: Statement, tutor: str | None
) -> Document:
    """What was done in an engagement: final once its last day is past and every presence is noted."""
    final = is_final(contract, statement)
    present = [line for line in statement.lines if line.state == "present"]
    served = sum((line.served or Fraction(0) for line in present), Fraction(0))
    days = {"first": day_long(contract.starts_on), "last": day_long(contract.last_day)}
    facts = [
        (_("Volontaire"), volunteer.user.name),
        (_("Date de naissance"), day_long(volunteer.birth_date)),
        *contract_facts(contract),
        (_("Heures faites"), hours(served)),
        (_("Créneaux tenus"), str(len(present))),
    ]
    if tutor:
        facts.append((_("Tutorat"), tutor))
    lead = _("Le %(host)s atteste que %(name)s a accompli ces activités en service civique, du %(first)s au %(last)s.")
    if not final:
        lead = _("Document provisoire : activités de %(name)s au %(host)s du %(first)s au %(last)s, notées à ce jour.")
    return Document(
        title=_("Attestation d’activités") if final else _("Attestation d’activités (provisoire)"),
        subtitle=_("Service civique, Chaîne des Parcs"),
        made_at=statement.cut_off,
        footer=f"{_(HOST)} · {volunteer.user.name}",
        lead=lead % {"host": _(HOST), "name": volunteer.user.name, **days},
        facts=facts,
        sections=[_missions(present), _sites(present), _trainings(contract)],
        notes=[_("Établie le %(moment)s d’après les présences notées.") % {"moment": dated(statement.cut_off)}],
        signatures=[_("Fait à"), _("Pour l’organisme d’accueil")],
    )


def is_final(contract: EngagementContract, statement: Statement) -> bool:
    """Whether nothing can be added any more: the engagement is over and nobody waits to be noted."""
    over = contract.last_day < clock.local(statement.cut_off).date()
    return over and statement.to_note == 0 and statement.to_come == 0


def _missions(present: Sequence[Line]) -> Section:
    sums: dict[str, tuple[int, Fraction]] = {}
    for line in present:
        count, served = sums.get(line.mission, (0, Fraction(0)))
        sums[line.mission] = (count + 1, served + (line.served or Fraction(0)))
    rows = [(title, str(count), hours(served)) for title, (count, served) in sorted(sums.items())]
    if not rows:
        return Section(_("Missions"), text=_("Aucune activité notée pour le moment."))
    whole = sum((served for _count, served in sums.values()), Fraction(0))
    total = (_("Total"), str(len(present)), hours(whole))
    columns = [Column(_("Mission"), share=1), Column(_("Créneaux"), numeric=True), Column(_("Heures"), numeric=True)]
    return Section(_("Missions"), columns=columns, rows=rows, total=total)


def _sites(present: Sequence[Line]) -> Section:
    counts = Counter(f"{line.site} ({line.commune})" for line in present)
    listed = sorted(counts, key=lambda name: (-counts[name], name))
    return Section(_("Lieux"), text=", ".join(listed) + "." if listed else "–")


def _trainings(contract: EngagementContract) -> Section:
    done: list[tuple[date, str]] = sorted((one.done_on, _(TRAINING_NAMES[one.kind])) for one in contract.trainings)
    items = [_("%(name)s, le %(day)s") % {"name": name, "day": day_long(day)} for day, name in done]
    return Section(_("Formations suivies"), items=items, text="" if items else _("Aucune formation notée."))
