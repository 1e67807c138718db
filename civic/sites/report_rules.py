"""What a report may become, and what whoever follows it has to say. Pure decisions."""

from dataclasses import dataclass

from civic.errors import Invalid, Refusal
from civic.i18n import _
from civic.sites.kinds import CLOSED_STATES

# From each state, those that may come next. A report that was closed by mistake is looked at again.
NEXT = {
    "new": ("seen", "handed_on", "solved", "rejected"),
    "seen": ("handed_on", "solved", "rejected"),
    "handed_on": ("handed_on", "solved", "rejected"),
    "solved": ("seen",),
    "rejected": ("seen",),
}
TEXT_MAX = 280
TO_MAX = 80


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a report stands: its state, the number of the step that made it so, and that step's words."""

    state: str
    number: int
    handed_on_to: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Follow:
    """What somebody makes of it; `seen` is the number of the last step that they had on the screen."""

    state: str
    seen: int
    handed_on_to: str = ""
    note: str = ""


def next_states(state: str) -> tuple[str, ...]:
    return NEXT[state]


def check_follow(stand: Stand, asked: Follow) -> bool:
    """Whether a step is to be written; not when the same one was just made. Raises Refusal or Invalid otherwise."""
    if (asked.state, asked.handed_on_to, asked.note) == (stand.state, stand.handed_on_to, stand.note):
        return False
    if asked.seen != stand.number:
        message = _("Quelqu’un a suivi ce signalement entre-temps. Relisez-le, puis choisissez à nouveau.")
        raise Refusal("changed_meanwhile", message)
    if asked.state not in NEXT[stand.state]:
        raise Refusal("not_next", _("Ce signalement ne peut pas prendre cet état maintenant."))
    errors: dict[str, str] = {}
    if asked.state == "handed_on" and not asked.handed_on_to:
        errors["handed_on_to"] = _("Dites à qui : une mairie, un service, un gestionnaire.")
    if not asked.note and (asked.state == "rejected" or stand.state in CLOSED_STATES):
        errors["note"] = _("Dites pourquoi en une phrase : la personne qui a signalé la lira.")
    if errors:
        raise Invalid(errors)
    return True
