"""Applications in each state, with words of motivation."""

from datetime import date, timedelta
from uuid import UUID

from civic import clock
from civic.demo.chance import Chance
from civic.demo.missions import Plan
from civic.demo.people import People, Person
from civic.demo.rows import Rows
from civic.missions.models import Application

STATES = {"accepted": 14, "submitted": 5, "rejected": 2, "withdrawn": 2}
NOTES = {
    "accepted": "Entretien très positif.",
    "rejected": "Les horaires ne convenaient pas ; une autre mission a été proposée.",
}
MOTIVATIONS = (
    "J’habite à côté et je veux faire découvrir ces lieux à ma famille et aux autres.",
    "J’aime parler avec les gens et être dehors.",
    "Je voudrais travailler plus tard dans l’environnement.",
    "Mon grand-père était mineur, cette mémoire compte pour moi.",
    "J’ai envie d’être utile et de rencontrer du monde.",
    "La mission correspond à mes études, et je suis à l’aise à l’oral.",
)


def add(chance: Chance, today: date, people: People, missions: dict[UUID, Plan], rows: Rows) -> None:
    """One per person; `volontaire` and `mineur` have none, so that they may still apply."""
    volunteers = [person for person in people.volunteers if person.login not in ("volontaire", "mineur")]
    chosen = iter(chance.sample(volunteers, sum(STATES.values())))
    for state, count in STATES.items():
        for _number in range(count):
            _add_one(chance, today, state, next(chosen), people, missions, rows)


def _add_one(
    chance: Chance, today: date, state: str, person: Person, people: People, missions: dict[UUID, Plan], rows: Rows
) -> None:
    decided = state in NOTES
    if state == "submitted":
        made = clock.midnight(today) - timedelta(hours=chance.randint(8, 150))
    else:
        made = clock.midnight(person.starts_on - timedelta(days=chance.randint(15, 19))) + timedelta(hours=18)
    row = {
        "id": chance.uuid(),
        "mission_id": chance.choice([one for one, plan in missions.items() if plan.min_age < 18]),
        "volunteer_id": person.volunteer_id,
        "motivation": chance.choice(MOTIVATIONS),
        "state": state,
        "created_at": made,
        "decided_at": made + timedelta(days=chance.randint(2, 6)) if decided else None,
        "decided_by_id": people.staff["coordination"] if decided else None,
        "decision_note": NOTES.get(state, ""),
    }
    rows.add(Application, row)
