"""What decides how much somebody may see, as a value: a select built from it alone is built once and kept."""

from dataclasses import dataclass
from uuid import UUID

from civic.accounts.models import User


@dataclass(frozen=True, slots=True)
class Sight:
    """An account's id, role and intermunicipalities; none listed means all of them."""

    id: UUID
    role: str
    scope_codes: frozenset[str]

    @property
    def scopes(self) -> frozenset[str]:
        return self.scope_codes


def sight_of(user: User) -> Sight:
    return Sight(user.id, user.role, user.scope_codes)
