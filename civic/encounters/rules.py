"""What becomes of a record that comes in, and who may still change one. Pure decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from civic.encounters.contents import Content, Record, same
from civic.encounters.detector import hints
from civic.encounters.topic_rules import Validity, counted, heir
from civic.errors import Forbidden, Invalid, Refusal
from civic.formats import day_range
from civic.i18n import _
from civic.sites.kinds import CLOSED_STATES

Spans = Sequence[tuple[date, date]]
Outcome = Literal["created", "already_have", "updated", "conflict", "rejected"]
WINDOW = timedelta(days=7)
# From here on somebody looks twice: at one encounter, and at what one person noted in a half-day.
MANY_PEOPLE = 60
MANY_ENCOUNTERS = 40


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """A shift's site, the local days on which it starts and ends, and whether the writer is confirmed on it."""

    site_id: str
    days: frozenset[date]
    own: bool


@dataclass(frozen=True, slots=True)
class Writer:
    """Whether somebody's address is confirmed, and the first and last days of their contracts."""

    verified: bool = False
    engaged: Sequence[tuple[date, date]] = ()

    def engaged_on(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.engaged)

    def may_log(self, today: date) -> bool:
        """Whether any of the days that may still be written about is open to them."""
        return self.verified and any(first <= today and last >= today - WINDOW for first, last in self.engaged)


@dataclass(frozen=True, slots=True)
class References:
    """Who writes, and what a batch refers to and really exists. Topics (with those that they were merged into) and
    sites carry their days of validity, None being open; outings say whether the writer is of their pair; `closed` are
    the periods whose entries are frozen.
    """

    sites: Mapping[str, date | None] = field(default_factory=dict)
    topics: Mapping[str, Validity] = field(default_factory=dict)
    shifts: Mapping[UUID, ShiftFacts] = field(default_factory=dict)
    outings: Mapping[UUID, bool] = field(default_factory=dict)
    closed: Spans = ()
    writer: Writer = field(default_factory=Writer)

    def counted(self, content: Content) -> Content:
        """What the row holds of a content; its kept version stays as it was typed."""
        return counted(content, self.topics)


@dataclass(frozen=True, slots=True)
class Stored:
    """The row behind a UUID: `mine` when the writer is of its pair, `kept` every content by its number."""

    mine: bool
    version: int
    content: Content
    kept: Mapping[int, Content]
    voided: bool = False

    @property
    def day(self) -> date:
        return date.fromisoformat(self.content["date"])


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    errors: dict[str, str] = field(default_factory=dict)


def decide(record: Record, stored: Stored | None, references: References, today: date) -> Decision:
    """The outcome of one record. A replay of what is already here is never an error, however late it comes."""
    if record.errors:
        return Decision("rejected", record.errors)
    if stored is None:
        errors = _wrong(record, references, today)
        return Decision("rejected", errors) if errors else Decision("created")
    if not stored.mine:
        return Decision("rejected", {"client_uuid": _("Cet identifiant est déjà pris.")})
    if _have(record, stored):
        return Decision("already_have")
    errors = _wrong(record, references, today, stored.content)
    if errors:
        return Decision("rejected", errors)
    if record.number <= stored.version:
        return Decision("conflict")
    if stored.voided:
        return Decision("rejected", {"client_uuid": _("Cette fiche est annulée : elle ne se corrige plus.")})
    errors = too_late(stored.day, today) | frozen(stored.day, references.closed)
    return Decision("rejected", errors) if errors else Decision("updated")


def _wrong(record: Record, references: References, today: date, kept: Content | None = None) -> dict[str, str]:
    """The day's own error, when it has one, comes before that of the contract."""
    errors = wrong_writer(references.writer, record.day) | too_late(record.day, today)
    errors |= frozen(record.day, references.closed)
    return wrong_references(record.content, references, kept) | errors


def wrong_writer(writer: Writer, day: date) -> dict[str, str]:
    """What is logged counts in every figure: it takes a confirmed address, and a contract on that very day."""
    errors: dict[str, str] = {}
    if not writer.verified:
        errors["client_uuid"] = _("Confirmez d’abord votre adresse e-mail.")
    if not writer.engaged_on(day):
        errors["date"] = _("Aucun contrat d’engagement ne vous couvre ce jour-là. Voyez avec votre coordination.")
    return errors


def _have(record: Record, stored: Stored) -> bool:
    """Equal to a version kept under this number or a higher one, or to the present content under a higher number."""
    kept = [content for number, content in stored.kept.items() if number >= record.number]
    return any(same(record.content, content) for content in (*kept, stored.content))


def wrong_references(content: Content, references: References, kept: Content | None = None) -> dict[str, str]:
    """Site, topics, shift and outing against what exists. The shift and the outing that the row already has, as `kept`
    says, need not be the writer's own.
    """
    kept = kept or {}
    day = date.fromisoformat(content["date"])
    errors: dict[str, str] = {}
    errors |= wrong_site(content, references.sites)
    for code in content.get("topics", ()):
        if code not in references.topics:
            errors.setdefault("topics", _("Ce thème n’existe pas : %(code)s.") % {"code": code})
        elif not references.topics[heir(code, day, references.topics)].holds(day):
            errors.setdefault("topics", _("Ce thème ne s’emploie pas à cette date : %(code)s.") % {"code": code})
    if content["shift_id"]:
        shift = references.shifts.get(UUID(content["shift_id"]))
        allowed = shift is not None and (shift.own or content["shift_id"] == kept.get("shift_id"))
        errors |= _wrong_shift(content, day, shift if allowed else None)
    outing = content.get("outing_uuid")
    # One that nobody knows may still come: phones send in any order.
    if outing and outing != kept.get("outing_uuid") and not references.outings.get(UUID(outing), True):
        errors["outing_uuid"] = _("Cette sortie est celle d’un autre binôme.")
    return errors


def wrong_site(content: Content, sites: Mapping[str, date | None]) -> dict[str, str]:
    if content["site_id"] not in sites:
        return {"site_id": _("Ce lieu n’existe pas.")}
    gone = sites[content["site_id"]]
    if gone and date.fromisoformat(content["date"]) > gone:
        return {"site_id": _("Ce lieu n’accueille plus de sorties à cette date.")}
    return {}


def _wrong_shift(content: Content, day: date, shift: ShiftFacts | None) -> dict[str, str]:
    if shift is None:
        return {"shift_id": _("Ce créneau n’est pas l’un de vos créneaux confirmés.")}
    if shift.site_id != content["site_id"]:
        return {"shift_id": _("Ce créneau se tient dans un autre lieu.")}
    if day not in shift.days:
        return {"shift_id": _("Ce créneau se tient un autre jour.")}
    return {}


def decide_report(
    record: Record,
    stored: tuple[bool, int, str, Content] | None,
    writer: Writer,
    sites: Mapping[str, date | None],
    today: date,
) -> Decision:
    """The outcome of one report of a place. `stored`: whether it is the writer's, its version, state and content.

    What it says changes as long as nobody has followed it. A text that was erased in time makes no other content.
    """
    if record.errors:
        return Decision("rejected", record.errors)
    wrong = wrong_site(record.content, sites) | wrong_writer(writer, record.day) | too_late(record.day, today)
    if stored is None:
        return Decision("rejected", wrong) if wrong else Decision("created")
    mine, version, state, content = stored
    if not mine:
        return Decision("rejected", {"client_uuid": _("Cet identifiant est déjà pris.")})
    erased = {"description": ""} if state in CLOSED_STATES and not content["description"] else {}
    if record.content | erased == content:
        return Decision("already_have")
    if record.number <= version:
        return Decision("conflict")
    if state != "new":
        return Decision("rejected", {"client_uuid": _("Ce signalement est déjà suivi : il ne se corrige plus.")})
    return Decision("rejected", wrong) if wrong else Decision("updated")


def too_late(day: date, today: date) -> dict[str, str]:
    """A pair writes about today and the 7 days before."""
    if day > today:
        return {"date": _("Cette date est à venir.")}
    if today - day > WINDOW:
        return {"date": _("Le délai de 7 jours est passé. Voyez avec votre coordination.")}
    return {}


def frozen(day: date, closed: Spans) -> dict[str, str]:
    """What a closed period says to whoever would write about one of its days."""
    held = next((span for span in closed if span[0] <= day <= span[1]), None)
    if held is None:
        return {}
    words = _(
        "La période %(days)s est close : ses rencontres et ses sorties ne changent plus. Voyez avec la direction."
    )
    return {"date": words % {"days": day_range(*held)}}


def in_time(day: date, today: date) -> bool:
    return not too_late(day, today)


def check_change(
    *,
    role: str,
    mine: bool,
    in_scope: bool,
    voided: bool,
    day: date,
    today: date,
    reason: str,
    closed: Spans = (),
    noun: str = "encounter",
) -> None:
    """Let the pair change a row for 7 days, then a coordinator in scope or a manager who says why; raise otherwise."""
    allowed = mine if role == "volunteer" else in_scope if role == "coordinator" else role == "manager"
    if not allowed:
        raise Forbidden
    if voided:
        raise Refusal(f"{noun}_voided", _("Cette fiche est annulée : elle ne se corrige plus."))
    if held := frozen(day, closed):
        raise Refusal("period_closed", held["date"])
    if role == "volunteer":
        if not in_time(day, today):
            raise Refusal("edit_window", _("Le délai de 7 jours est passé. Voyez avec votre coordination."))
    elif not reason:
        raise Invalid({"reason": _("Dites pourquoi : le motif est gardé avec la correction.")})


def to_look_at(*, comment: str | None, held: bool, people: int, crowded: bool) -> list[str]:
    """Why an encounter waits for a second look, in words; `crowded`: its author noted very many in that half-day."""
    reasons = []
    if held:
        what = ", ".join(hints(comment)) or _("quelque chose de personnel")
        reasons.append(_("Le commentaire semble contenir %(what)s.") % {"what": what})
    if people >= MANY_PEOPLE:
        reasons.append(_("%(n)s personnes en une rencontre.") % {"n": people})
    if crowded:
        reasons.append(
            _("Plus de %(n)s rencontres notées par la même personne en une demi-journée.") % {"n": MANY_ENCOUNTERS - 1}
        )
    return reasons
