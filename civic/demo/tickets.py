"""What was wrong at the places, as volunteers reported it on their shifts, and what became of it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.demo.shifts import Planned
from civic.demo.staffing import Staffed
from civic.encounters.contents import read_site_report
from civic.sites.kinds import CLOSED_STATES
from civic.sites.models import SiteReport, SiteReportStep

TOTAL = 34
KEPT = timedelta(days=90)
UNREAD = timedelta(days=3)
# What is seen most, and where, with words that name nobody.
SEEN = (
    ("dechets", "entree", "Trois sacs déposés à côté de la corbeille."),
    ("dechets", "parking", "Gravats et pneus au fond du parking."),
    ("dechets", "plan_eau", "Bouteilles et canettes le long de la berge."),
    ("banc_mobilier", "sentier", "Une lame du banc est cassée, côté belvédère."),
    ("banc_mobilier", "aire_jeux", "La table de pique-nique ne tient plus."),
    ("chemin", "terril", "La pluie a creusé l’escalier, il manque deux marches."),
    ("chemin", "cavalier", "Flaque profonde sur toute la largeur."),
    ("signaletique", "sentier", "Le panneau du parcours est tombé."),
    ("signaletique", "cavalier", ""),
    ("vegetation", "sentier", "Une branche barre le passage à hauteur d’yeux."),
    ("eau", "plan_eau", "L’eau passe par-dessus la passerelle."),
    ("autre", None, "Le portail reste ouvert la nuit."),
)
DANGERS = (("aire_jeux", "Une vis dépasse du toboggan."), ("terril", "Le garde-corps du belvédère ne tient plus."))
SERVICES = ("Espaces verts de l’agglomération", "Mairie", "Eden 62", "Gestionnaire du parc")
SOLVED = {
    "dechets": "Ramassé par l’équipe de propreté.",
    "banc_mobilier": "Réparé par les équipes du parc.",
    "chemin": "Passage remis en état.",
    "signaletique": "Panneau reposé.",
    "vegetation": "Branche coupée, passage dégagé.",
    "eau": "L’eau est redescendue, passage rouvert.",
    "danger": "Mis en sécurité le jour même.",
    "autre": "Réglé avec le gardien.",
}
REJECTED = ("Déjà connu : des travaux sont prévus au printemps.", "Plus rien à voir lors du passage de l’équipe.")


def add(chance: Chance, today: date, staffed: Sequence[Staffed], first: UUID, lead: UUID, rows: Rows) -> None:
    """Some on each week's shifts; `first` is the volunteer of the demo's own account, `lead` the one who follows."""
    held = [one for one in staffed if one.present and one.shift.day < today]
    own = [one for one in held if any(there.user_id == first for there in one.present)]
    chosen: list[tuple[Staffed, UUID | None]] = [(one, None) for one in chance.sample(held, min(TOTAL, len(held)))]
    chosen += [(one, first) for one in own[-4:]]
    # Nobody has read these yet; the last is the danger that a coordinator finds on top of their list.
    chosen += [(one, None) for one in [one for one in held if today - one.shift.day < UNREAD][-3:]]
    chosen.sort(key=lambda pair: (pair[0].shift.starts_at, pair[0].shift.id))
    for number, (one, author) in enumerate(chosen):
        writer = author or chance.choice(one.present).user_id
        _report(chance, today, one.shift, writer, lead, rows, danger=len(chosen) - number in (1, 9))


def _report(chance: Chance, today: date, shift: Planned, author: UUID, lead: UUID, rows: Rows, *, danger: bool) -> None:
    kind, spot, text = chance.choice(SEEN)
    if danger:
        kind, (spot, text) = "danger", chance.choice(DANGERS)
    uuid = chance.uuid()
    given = {"client_uuid": str(uuid), "version": 1, "site_id": shift.site.id, "date": shift.day.isoformat()}
    record = read_site_report(given | {"kind": kind, "spot": spot, "description": text or None})
    if record.errors:
        raise ValueError(f"the demo made a report that the form would refuse: {record.errors}")
    steps = _steps(chance, today, shift, kind, author, lead)
    last = steps[-1]
    closed_at = last["at"] if last["state"] in CLOSED_STATES else None
    row: dict[str, Any] = {**record.content, "id": uuid, "date": shift.day, "author_id": author, "version": 1}
    row |= {"photo": "", "state": last["state"], "closed_at": closed_at, "created_at": steps[0]["at"]}
    row["handed_on_to"] = next((one["handed_on_to"] for one in reversed(steps) if one["handed_on_to"]), "")
    if closed_at and clock.midnight(today) - closed_at >= KEPT:
        row["description"] = ""
        steps = [step | {"note": ""} for step in steps]
    rows.add(SiteReport, row)
    for number, step in enumerate(steps, start=1):
        rows.add(SiteReportStep, {**step, "id": chance.uuid(), "report_id": uuid, "number": number})


def _steps(chance: Chance, today: date, shift: Planned, kind: str, author: UUID, lead: UUID) -> list[dict[str, Any]]:
    """The older, the further: the last days' are unread, a month later nearly all are closed."""
    latest, age = clock.midnight(today), today - shift.day
    at = min(shift.ends_at + timedelta(minutes=chance.randint(5, 90)), latest)
    steps: list[dict[str, Any]] = [{"state": "new", "at": at, "by_id": author, "handed_on_to": "", "note": ""}]

    def then(state: str, days: int, to: str = "", note: str = "") -> None:
        """Some days later, in the hours of an office."""
        day = clock.local(steps[-1]["at"]).date() + timedelta(days=days)
        moment = min(clock.midnight(day) + timedelta(minutes=chance.randint(540, 1020)), latest)
        steps.append({"state": state, "at": moment, "by_id": lead, "handed_on_to": to, "note": note})

    if age < UNREAD:
        return steps
    then("seen", chance.randint(1, 2))
    if chance.happens(0.12):
        then("rejected", chance.randint(1, 2), note=chance.choice(REJECTED))
    elif chance.happens(0.8):
        then("handed_on", chance.randint(1, 2), to=chance.choice(SERVICES))
        if age > timedelta(days=14) and chance.happens(0.8):
            then("solved", chance.randint(2, 9), note=SOLVED[kind])
    return steps
