"""About three thousand encounters, their outings and versions, on the shifts that were held."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.demo import calendar, crowds, details, places
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.demo.shifts import Planned
from civic.demo.staffing import Staffed
from civic.encounters import codes
from civic.encounters.contents import Content, people, read_encounter, read_outing
from civic.encounters.detector import holds
from civic.encounters.models import Encounter, EncounterTopic, EncounterVersion, Outing, OutingVersion
from civic.encounters.rules import MANY_ENCOUNTERS, MANY_PEOPLE

TOTAL = 3000
WEATHER = {"soleil": 1.3, "nuages": 1.0, "pluie": 0.45, "vent": 0.75, "froid": 0.7, "chaleur": 0.9}
INDOORS = 1.0
RECEIVED_KEPT = timedelta(days=30)
# Recent enough to wait for a reader, old enough to be over.
LATELY = (timedelta(days=2), timedelta(days=9))
VOID_REASON = "Saisie en double."


class Logbook:
    """Writes what the pairs noted."""

    def __init__(self, chance: Chance, today: date, weather: Mapping[date, str], rows: Rows) -> None:
        self.chance = chance
        self.today = today
        self.weather = weather
        self.rows = rows

    def fill(self, staffed: Sequence[Staffed]) -> None:
        held = [one for one in staffed if one.present]
        shares = [self._share(one.shift) for one in held]
        scale = TOTAL / sum(shares)
        for one, share in zip(held, shares, strict=True):
            self._outing(one, min(self.chance.rounded(share * scale), 14))
        self._outliers(held)

    def _outliers(self, held: Sequence[Staffed]) -> None:
        """What somebody looks at twice: an afternoon of very many encounters, and a very large group."""
        lately = [one for one in held if LATELY[0] <= self.today - one.shift.day <= LATELY[1]]
        busy, large = [one for one in lately if half_day(one.shift) == "apres_midi"][-2:]
        for _number in range(MANY_ENCOUNTERS):
            self._encounter(busy.shift, busy.present[0].user_id, busy.shift.ends_at, None, fate="kept")
        given = self._place(large.shift, uuid := self.chance.uuid())
        given |= {"age_lt12": MANY_PEOPLE - 8, "age_25_59": 8, "group_kind": "scolaire", "topics": ["green_blue"]}
        record = read_encounter(given | {"feeling": "positif"})
        content = _checked(record.content, record.errors)
        self._add_encounter(uuid, content, large.shift, large.present[0].user_id, large.shift.ends_at, "kept")
        for one in lately[::5]:
            self._unplanned(one.shift, one.present[0].user_id)

    def _unplanned(self, shift: Planned, author: UUID) -> None:
        """An evening out of one's own accord, with nobody to meet: a result too."""
        given = self._place(shift, uuid := self.chance.uuid()) | {"shift_id": None, "half_day": "soir"}
        record = read_outing(given | {"approached_count": 0, "refused_count": 0, "crowd": "vide"})
        self._keep_outing(
            uuid,
            _checked(record.content, record.errors),
            author,
            min(shift.ends_at + timedelta(hours=4), clock.midnight(self.today)),
        )

    def _share(self, shift: Planned) -> float:
        """How much a shift has to tell, next to the others."""
        outdoor = "outdoor" in shift.plan.tags
        busy = 0.6 + 0.25 * places.WEEKLY.get(shift.site.id, places.FEW)
        weekend = 1.5 if shift.day.weekday() >= 5 else 1.0
        free = 1.2 if calendar.school_holiday(shift.day) else 1.0
        sky = WEATHER[self.weather[shift.day]] if outdoor else INDOORS
        # A quiet hour happens: the outing is noted with nobody met.
        return busy * weekend * free * sky * shift.hours * self.chance.choice((0.1, 0.6, 0.9, 1.0, 1.1, 1.5))

    def _outing(self, one: Staffed, count: int) -> None:
        shift, noted = one.shift, self.chance.happens(0.86)
        author = self.chance.choice(one.present).user_id
        at = min(shift.ends_at + timedelta(minutes=self.chance.randint(5, 110)), clock.midnight(self.today))
        outing = self.chance.uuid()
        if noted:
            self._add_outing(outing, shift, author, at, count)
        for _number in range(count):
            writer = self.chance.choice(one.present).user_id
            self._encounter(shift, writer, at, outing if noted else None)

    def _place(self, shift: Planned, uuid: UUID) -> dict[str, Any]:
        return {
            "client_uuid": str(uuid),
            "version": 1,
            "site_id": shift.site.id,
            "date": shift.day.isoformat(),
            "half_day": half_day(shift),
            "shift_id": str(shift.id),
        }

    def _add_outing(self, outing: UUID, shift: Planned, author: UUID, at: datetime, count: int) -> None:
        refused = self.chance.rounded(count * self.chance.uniform(0.15, 0.7))
        counted = self.chance.happens(0.9)
        given = self._place(shift, outing) | {
            "approached_count": count + refused if counted else None,
            "refused_count": refused if counted else None,
            "weather": self.weather[shift.day],
            "crowd": ("vide", "calme", "calme", "moyen", "moyen", "dense")[min(5, count // 2)],
            "ambience": self.chance.pick({"bonne": 70, "neutre": 26, "tendue": 4}),
        }
        record = read_outing(given)
        self._keep_outing(outing, _checked(record.content, record.errors), author, at)

    def _keep_outing(self, outing: UUID, content: Content, author: UUID, at: datetime) -> None:
        row = _columns(content) | {"id": outing, "author_id": author, "version": 1, "voided_at": None}
        self.rows.add(Outing, row | {"received_at": self._received(at)})
        version = {"outing_id": outing, "version": 1, "content": content, "at": at, "by_id": author}
        self.rows.add(OutingVersion, version)

    def _encounter(self, shift: Planned, writer: UUID, at: datetime, outing: UUID | None, fate: str = "") -> None:
        uuid = self.chance.uuid()
        group = crowds.group(self.chance, shift)
        topics = crowds.topics(self.chance, shift)
        given = self._place(shift, uuid) | crowds.ages(self.chance, group, shift.day)
        given |= details.fill(self.chance, shift, group, topics)
        given |= {"topics": topics, "feeling": crowds.feeling(self.chance, topics)}
        given["outing_uuid"] = str(outing) if outing else None
        given["comment"] = self.chance.choice(crowds.COMMENTS) if self.chance.happens(0.05) else None
        record = read_encounter(given)
        self._add_encounter(uuid, _checked(record.content, record.errors), shift, writer, at, fate)

    def _add_encounter(
        self, uuid: UUID, content: Content, shift: Planned, writer: UUID, at: datetime, fate: str = ""
    ) -> None:
        """The row, and each of its versions: a few were corrected the day after, a few voided."""
        fate = fate or self.chance.pick({"kept": 955, "corrected": 35, "voided": 10})
        settled = self.today - shift.day > timedelta(days=10) and self.chance.happens(0.4)
        status = "voided" if fate == "voided" else "validated" if settled else "sent"
        versions = [content]
        if fate == "corrected":
            versions.insert(0, content | {"feeling": self.chance.choice(list(codes.FEELINGS))})
        elif fate == "voided":
            versions.append(content | {"status": "voided"})
        row = _columns(content) | {"id": uuid, "author_id": writer, "people_count": people(content)}
        row |= {"outing_id": UUID(content["outing_uuid"]) if content["outing_uuid"] else None, "status": status}
        row["held"] = status == "sent" and holds(content["comment"])
        self.rows.add(Encounter, row | {"version": len(versions), "received_at": self._received(at)})
        for rank, code in enumerate(content["topics"]):
            self.rows.add(EncounterTopic, {"encounter_id": uuid, "topic_code": code, "rank": rank})
        for number, kept in enumerate(versions, start=1):
            later = min(at + timedelta(hours=14 * (number - 1)), clock.midnight(self.today))
            reason = VOID_REASON if fate == "voided" and number == 2 else ""
            version = {"encounter_id": uuid, "version": number, "content": kept, "at": later, "by_id": writer}
            self.rows.add(EncounterVersion, version | {"reason": reason})

    def _received(self, at: datetime) -> datetime | None:
        return at if clock.midnight(self.today) - at < RECEIVED_KEPT else None


def half_day(shift: Planned) -> str:
    """By the middle of the shift."""
    middle = clock.local(shift.starts_at + (shift.ends_at - shift.starts_at) / 2)
    hour = middle.hour + middle.minute / 60
    return "matin" if hour < 12 else "midi" if hour < 13.75 else "apres_midi" if hour < 18 else "soir"


def _checked(content: Content, errors: dict[str, str]) -> Content:
    if errors:
        raise ValueError(f"the demo made a record that the form would refuse: {errors}")
    return content


def _columns(content: Content) -> dict[str, Any]:
    """The content as columns; topics and the outing's number have their own places."""
    columns = {key: value for key, value in content.items() if key not in ("topics", "outing_uuid")}
    shift = UUID(content["shift_id"]) if content["shift_id"] else None
    return columns | {"date": date.fromisoformat(content["date"]), "shift_id": shift}
