"""The JSON shapes of shifts and bookings, as the public interface names them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, field_validator

from civic.bookings.values import Crowd, Held, ShiftFacts
from civic.errors import Finding
from civic.i18n import _
from civic.schema import Day, LocalMoment, Moment, Paging, SafeStr, Shown, Strict, no_control
from civic.shifts.models import MAX_CAPACITY
from civic.shifts.values import ShiftValues

Pillar = Literal["rev3", "archipel_vert", "resilience"]
Agglomeration = Literal["CALL", "CAHC", "CABBALR"]
Slug = Annotated[SafeStr, Field(max_length=100)]
# Stripped before it is measured: a blank reason is none.
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(no_control)
]
Capacity = Annotated[int, Field(strict=True, ge=1, le=MAX_CAPACITY)]
BreakMinutes = Annotated[int, Field(strict=True, ge=0, le=600)]


class ShiftQuery(Paging):
    """Filters of a list of shifts; days are local and included."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    site: Slug | None = None
    intermunicipality: Agglomeration | None = None
    pillar: Pillar | None = None
    mission: UUID | None = None
    bookable: bool | None = None


class FindingOut(Shown):
    """A rule's verdict; `source` is its article, « règle locale » or « source à confirmer »."""

    code: str
    title: str
    source: str


class MyBooking(Shown):
    id: UUID
    state: Literal["confirmed", "waitlisted", "offered"]
    position: int | None
    offer_expires_at: LocalMoment | None


class ShiftOut(Shown):
    """`confirmed` counts held offers too; `refusals` and `warnings` are the caller's own."""

    id: UUID
    mission_id: UUID
    site_id: str
    pillar: Pillar
    starts_at: LocalMoment
    ends_at: LocalMoment
    break_minutes: int
    capacity: int
    min_staff: int
    confirmed: int
    waitlisted: int
    state: Literal["draft", "published", "cancelled"]
    my_booking: MyBooking | None
    refusals: list[FindingOut]
    warnings: list[FindingOut]

    @classmethod
    def of(
        cls,
        shift: ShiftFacts,
        crowd: Crowd,
        mine: Held | None,
        refusals: Sequence[Finding],
        warnings: Sequence[Finding],
    ) -> "ShiftOut":
        return cls(
            id=shift.id,
            mission_id=shift.mission_id,
            site_id=shift.site_id,
            pillar=shift.pillar,
            starts_at=shift.times.starts_at,
            ends_at=shift.times.ends_at,
            break_minutes=shift.times.break_minutes,
            capacity=shift.capacity,
            min_staff=shift.min_staff,
            confirmed=len(crowd.seated),
            waitlisted=len(crowd.waiting),
            state=shift.state,
            my_booking=my_booking(crowd, mine),
            refusals=findings(refusals),
            warnings=findings(warnings),
        )


def findings(listed: Sequence[Finding]) -> list[FindingOut]:
    return [FindingOut(code=one.code, title=one.title, source=one.source) for one in listed]


def my_booking(crowd: Crowd, mine: Held | None) -> MyBooking | None:
    """The caller's own place on a shift; somebody who came without one has none."""
    if mine is None or mine.state == "walk_in":
        return None
    return MyBooking(
        id=mine.booking_id,
        state=mine.state,
        position=crowd.position(mine.booking_id),
        offer_expires_at=mine.offer_expires_at,
    )


class ShiftIn(Strict):
    """A shift to create; `site_id` must be one of the mission's sites."""

    mission_id: UUID
    site_id: Slug
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity
    min_staff: Capacity
    break_minutes: BreakMinutes = 0
    state: Literal["draft", "published"]

    def values(self) -> ShiftValues:
        return ShiftValues(**self.model_dump(exclude={"state"}))


class ShiftPatch(Strict):
    """The fields to change; `confirm` accepts that some bookings end or go back to the queue."""

    mission_id: UUID | None = None
    site_id: Slug | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    capacity: Capacity | None = None
    min_staff: Capacity | None = None
    break_minutes: BreakMinutes | None = None
    confirm: StrictBool = False

    @field_validator("*", mode="before")
    @classmethod
    def _no_null(cls, value: Any) -> Any:
        """Only what is given is validated, and a null is given."""
        if value is None:
            raise ValueError(_("Un champ donné ne peut pas être vide."))
        return value

    def over(self, values: ShiftValues) -> ShiftValues:
        """The values of a shift with these changes."""
        known = {name: getattr(values, name) for name in values.__slots__}
        return ShiftValues(**{**known, **self.model_dump(exclude_unset=True, exclude={"confirm"})})


class CancellationIn(Strict):
    reason: Reason


class BookingOut(Shown):
    id: UUID
    state: Literal["confirmed", "waitlisted", "offered"]
    position: int | None
    offer_expires_at: LocalMoment | None
    warnings: list[FindingOut]


class AssignmentIn(Strict):
    volunteer_id: UUID
    reason: Annotated[SafeStr, Field(max_length=500)] | None = None


class RosterItem(Shown):
    id: UUID
    volunteer_id: UUID
    name: str
    state: str
    position: int | None
    attendance: Literal["present", "absent", "excused"] | None


class AttendanceIn(Strict):
    state: Literal["present", "absent", "excused"]
    hours: Annotated[float, Field(strict=True, gt=0, le=24, allow_inf_nan=False)] | None = None

    @field_validator("hours")
    @classmethod
    def _to_the_hundredth(cls, value: float | None) -> float | None:
        if value is not None and round(value, 2) != value:
            raise ValueError(_("Donnez les heures au centième au plus."))
        return value


class AttendanceOut(Shown):
    booking_id: UUID
    state: Literal["present", "absent", "excused"]
    hours: float
    noted_at: LocalMoment
