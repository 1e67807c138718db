"""What a coordinator fills in to plan a shift."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ShiftValues:
    """Instants are aware; `break_minutes` is one block in the middle that does not count."""

    mission_id: UUID
    site_id: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    min_staff: int
    break_minutes: int = 0
