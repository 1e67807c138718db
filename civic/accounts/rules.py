"""What makes an account acceptable."""

import re

from civic.accounts.models import ROLES
from civic.i18n import _

NAME_MAX = 120
EMAIL_MAX = 320
_EMAIL = re.compile(r"[^@\s,;<>()]{1,64}@[^@\s,;<>()]+\.[^@\s.,;<>()]{2,}")


def problems_with_account(email: str, name: str, role: str) -> list[str]:
    """Sentences for an account made from the command line or a file; a form has its own, field by field."""
    found = []
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email) or not email.isprintable():
        found.append(_("L’adresse e-mail ne va pas : %(email)s") % {"email": email[:80]})
    if not name or len(name) > NAME_MAX or not name.isprintable():
        found.append(_("Le nom doit compter de 1 à %(n)s caractères.") % {"n": NAME_MAX})
    if role not in ROLES:
        found.append(_("Ce rôle n’existe pas : %(role)s") % {"role": role[:40]})
    return found
