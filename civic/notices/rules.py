"""What may be announced, reminded and shown; and a text as paragraphs whose links are ours to draw. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from civic.errors import Refusal
from civic.i18n import _

TITLE_MAX = 80
BODY_MAX = 1000
REMINDER_GAP = timedelta(hours=1)
# Only what begins so becomes a link; a full stop or a bracket at its end belongs to the sentence.
_LINK = re.compile(r"https?://[^\s<>\"'\u00ab\u00bb]+")
_TAIL = ".,;:!?)]…"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom an announcement is for; without a confirmed address they find it in the app alone."""

    user_id: UUID
    name: str
    email: str
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """An announcement to write. `id` was drawn when its form was shown, so that sending it twice makes one."""

    id: UUID
    kind: str
    audience: str
    title: str
    body: str
    shown_until: date | None = None
    shift_id: UUID | None = None
    site_id: str | None = None
    intermunicipality: str | None = None

    @property
    def stoppable(self) -> bool:
        """Whether its mail may be turned off: never for safety, nor about a shift that one is on."""
        return self.kind == "info" and self.audience != "shift"


def may_send(readers: int) -> Refusal | None:
    if not readers:
        return Refusal("no_reader", _("Cette annonce n’a personne à qui parler : choisissez d’autres destinataires."))
    return None


def may_remind(
    kind: str, withdrawn: bool, shown: bool, unread: int, last: datetime | None, now: datetime
) -> Refusal | None:
    """Whether those who have not read may be written to again; `last` is the mail before."""
    if kind != "safety":
        return Refusal("not_safety", _("Seule une consigne de sécurité se rappelle."))
    if withdrawn or not shown:
        return Refusal("not_shown", _("Cette annonce n’est plus affichée : elle ne se rappelle pas."))
    if not unread:
        return Refusal("all_read", _("Tout le monde l’a lue."))
    if last is not None and now < last + REMINDER_GAP:
        return Refusal("too_soon", _("Un e-mail est parti il y a moins d’une heure : laissez le temps de le lire."))
    return None


def shown_on(day: date, shown_until: date | None, withdrawn: bool) -> bool:
    """Whether the app still shows an announcement on a local day; its last day is included."""
    return not withdrawn and (shown_until is None or day <= shown_until)


def paragraphs(body: str) -> list[list[list[tuple[str, str]]]]:
    """Paragraphs of lines of pieces (text, address); the address is "" but for a link. Nothing here is markup."""
    blocks = re.split(r"\n\s*\n", body.replace("\r\n", "\n").strip())
    return [[list(_pieces(line)) for line in block.split("\n")] for block in blocks if block.strip()]


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    done = 0
    for found in _LINK.finditer(line):
        address = found[0].rstrip(_TAIL)
        if address.endswith("//"):
            continue
        if found.start() > done:
            yield line[done : found.start()], ""
        yield address, address
        done = found.start() + len(address)
    if done < len(line):
        yield line[done:], ""
