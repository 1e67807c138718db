"""The JSON shapes of encounters and outings.

A batch is read record by record, so that one bad record never blocks the others: its items are described, not typed.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, WithJsonSchema, model_validator

from civic.encounters import codes
from civic.encounters.contents import MAX_COMMENT, MAX_COUNT, MAX_PEOPLE, MAX_TOPICS, MAX_VERSION
from civic.encounters.models import Encounter
from civic.i18n import _
from civic.schema import Day, Paging, SafeStr, Shown, Strict

MAX_BATCH = 200
Schema = dict[str, Any]

_UUID: Schema = {"type": "string", "format": "uuid"}
_PLACE: Schema = {
    "client_uuid": {**_UUID, "description": "Made on the phone: sending a record again does nothing."},
    "version": {"type": "integer", "minimum": 1, "maximum": MAX_VERSION, "description": "From 1, higher at each edit."},
    "site_id": {"type": "string", "description": "Slug of a site."},
    "date": {
        "type": "string",
        "format": "date",
        "description": "Today in Europe/Paris or one of the 7 days before, within a contract of the caller.",
    },
    "half_day": {"enum": list(codes.HALF_DAYS)},
    "shift_id": {"anyOf": [_UUID, {"type": "null"}], "description": "A shift on which the caller is confirmed."},
}


def _optional(options: dict[str, str]) -> Schema:
    return {"enum": [*options, None]}


def _count(highest: int) -> Schema:
    return {"anyOf": [{"type": "integer", "minimum": 0, "maximum": highest}, {"type": "null"}]}


ENCOUNTER: Schema = {
    "type": "object",
    "required": ["client_uuid", "site_id", "date", "half_day", "topics", "feeling", "version"],
    "additionalProperties": False,
    "properties": {
        **_PLACE,
        "outing_uuid": {"anyOf": [_UUID, {"type": "null"}], "description": "Of the pair; may come before its outing."},
        **{name: _count(MAX_PEOPLE) for name in codes.AGES},
        "topics": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": MAX_TOPICS,
            "uniqueItems": True,
        },
        "feeling": {"enum": list(codes.FEELINGS)},
        **{name: _optional(options) for name, options in codes.DETAILS.items()},
        "comment": {"anyOf": [{"type": "string", "maxLength": MAX_COMMENT}, {"type": "null"}]},
    },
    "description": "The age_* counts sum to 1–200. One that breaks a rule is answered `rejected`.",
    "example": {
        "client_uuid": "7d9f3f4e-5a2b-4a8e-9a55-0f1f2f3f4f5f",
        "version": 1,
        "site_id": "base-11-19",
        "date": "2026-11-30",
        "half_day": "apres_midi",
        "age_25_59": 1,
        "age_60p": 2,
        "topics": ["parks", "mobility"],
        "feeling": "positif",
    },
}
OUTING: Schema = {
    "type": "object",
    "required": ["client_uuid", "site_id", "date", "half_day", "version"],
    "additionalProperties": False,
    "properties": {
        **_PLACE,
        "approached_count": _count(MAX_COUNT),
        "refused_count": _count(MAX_COUNT),
        "weather": _optional(codes.WEATHERS),
        "crowd": _optional(codes.CROWDS),
        "ambience": _optional(codes.AMBIENCES),
    },
}


class EncounterBatch(Strict):
    encounters: list[Annotated[Any, WithJsonSchema(ENCOUNTER)]] = Field(max_length=MAX_BATCH)


class OutingBatch(Strict):
    outings: list[Annotated[Any, WithJsonSchema(OUTING)]] = Field(max_length=MAX_BATCH)


class ResultOut(Shown):
    """`client_uuid` as it was given, so far as JSON can carry it."""

    client_uuid: Any
    outcome: Literal["created", "already_have", "updated", "conflict", "rejected"]
    errors: dict[str, str]


class ResultsOut(Shown):
    results: list[ResultOut]


class VoidIn(Strict):
    """Coordinators and managers say why."""

    reason: Annotated[SafeStr, Field(max_length=500)] | None = None


class VoidOut(Shown):
    client_uuid: UUID
    status: str


class EncounterQuery(Paging):
    """Days are local and included."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    site: Annotated[SafeStr, Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ and self.to and self.to < self.from_:
            raise ValueError(_("La fin de la période vient avant son début."))
        return self


class EncounterOut(Shown):
    """By the codes of the form. Who wrote it is never told; a manager does not read comments."""

    client_uuid: UUID
    version: int
    status: str
    site_id: str
    date: date
    half_day: str
    shift_id: UUID | None
    outing_uuid: UUID | None
    people_count: int
    age_lt12: int
    age_12_17: int
    age_18_24: int
    age_25_59: int
    age_60p: int
    age_nc: int
    topics: list[str]
    feeling: str
    contact_origin: str | None
    duration_band: str | None
    group_kind: str | None
    origin_zone: str | None
    visit_habit: str | None
    transport: str | None
    spot: str | None
    purpose: str | None
    partner_venue: str | None
    referral: str | None
    comment: str | None

    @classmethod
    def of(cls, row: Encounter, *, with_comment: bool) -> "EncounterOut":
        named = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in ("client_uuid", "outing_uuid", "topics", "comment")
        }
        return cls(
            client_uuid=row.id,
            outing_uuid=row.outing_id,
            topics=row.topic_codes,
            comment=row.comment if with_comment else None,
            **named,
        )
