"""The columns of a file of shifts, and the times that a line's cells make."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from civic import clock
from civic.i18n import N_, _
from civic.imports import cells
from civic.imports.columns import Column, Line
from civic.imports.wrong import Wrong
from civic.shifts.models import MAX_CAPACITY

SHEET = N_("Créneaux")
# A file never cancels a shift, but an export tells that one is.
STATES = {"draft": N_("brouillon"), "published": N_("publié"), "cancelled": N_("annulé")}
MAX_BREAK = 240


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise Wrong(_("Cet identifiant n’existe pas. Laissez la case vide pour un nouveau créneau.")) from None


COLUMNS = (
    Column(
        "reference",
        N_("Référence"),
        cells.text(80),
        example="PLA-001",
        help=N_("Facultatif. Votre nom pour le créneau : il le retrouve si l’heure ou le lieu change."),
    ),
    Column("mission", N_("Mission"), cells.text(300), required=True, example="Aller vers", help=N_("Son titre exact.")),
    Column(
        "site",
        N_("Lieu"),
        cells.text(200),
        example="Parc du 11/19",
        help=N_("Son nom, ou son code dans « Code du lieu »."),
    ),
    Column("site_id", N_("Code du lieu"), cells.text(40), help=N_("Facultatif si « Lieu » est rempli.")),
    Column("date", N_("Date"), cells.day, example="31/12/2026", help=N_("Le jour du début. Exemple : 31/12/2026")),
    Column(
        "starts_at",
        N_("Début"),
        cells.time_or_moment,
        required=True,
        example="14:00",
        help=N_("14:00, 14h ou 14 h 30."),
    ),
    Column(
        "ends_at",
        N_("Fin"),
        cells.time_or_moment,
        required=True,
        example="17:00",
        help=N_("Une heure qui n’est pas après le début est celle du lendemain."),
    ),
    Column(
        "break_minutes",
        N_("Pause"),
        cells.whole(0, MAX_BREAK),
        example="0",
        help=N_("En minutes. Vide : aucune."),
        also=("Pause (minutes)",),
    ),
    Column("capacity", N_("Places"), cells.whole(1, MAX_CAPACITY), example="2", help=N_("Vide : 2.")),
    Column(
        "min_staff",
        N_("Minimum"),
        cells.whole(1, MAX_CAPACITY),
        example="2",
        help=N_("Vide : 2, ou le nombre de places s’il est plus petit."),
    ),
    Column(
        "state",
        N_("État"),
        cells.choice(STATES),
        example="brouillon",
        help=N_("Brouillon ou publié. Vide : brouillon."),
    ),
    Column("id", N_("Identifiant"), _uuid, help=N_("Facultatif. Celui des exports : il retrouve le créneau.")),
    # Exports hold these too: a file that comes back is understood.
    Column("commune", N_("Commune")),
    Column("intermunicipality", N_("Agglomération")),
    Column("pillar", N_("Pilier")),
    Column("confirmed", N_("Inscrits")),
    Column("present", N_("Présents")),
    Column("waitlisted", N_("Liste d’attente"), also=("Liste d'attente",)),
)
TEMPLATE = (
    "reference",
    "mission",
    "site",
    "date",
    "starts_at",
    "ends_at",
    "break_minutes",
    "capacity",
    "min_staff",
    "state",
)


def times(line: Line) -> tuple[datetime, datetime] | None:
    """Start and end as instants; None after noting why there are none."""
    start, end = line.values.get("starts_at"), line.values.get("ends_at")
    for code in ("starts_at", "ends_at"):
        if code not in line.typed:
            line.wrong(code, _("À remplir."))
    if start is None or end is None:
        return None
    day: date | None = line.values.get("date")
    first = start if isinstance(start, datetime) else _at(line, "starts_at", day, start)
    if first is None:
        return None
    if isinstance(end, datetime):
        return first, end
    begun = clock.local(first)
    following = begun.date() + timedelta(days=end <= begun.time())
    last = _at(line, "ends_at", following, end)
    return (first, last) if last else None


def _at(line: Line, code: str, day: date | None, when: time) -> datetime | None:
    if day is None:
        if "date" not in line.typed:
            line.wrong("date", _("À remplir."))
        return None
    try:
        return clock.at(day, when)
    except (ValueError, OverflowError):
        line.wrong(code, _("Cette heure n’existe pas ce jour-là : on passe à l’heure d’été."))
        return None
