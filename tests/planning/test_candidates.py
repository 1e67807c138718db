"""Who is proposed first for a shift, and who of those who can't stands nearest; as values."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from civic import clock
from civic.bookings.values import Company, Held, Person, ShiftFacts, Stretch
from civic.planning.candidates import Candidate, rank
from tests.bookings.values import ADULT, CONTRACT, MONDAY, NOW, on, seat

SHIFT = on(1, 9, 12)


def person(name: str, **changes: object) -> Person:
    made = replace(ADULT, volunteer_id=uuid4(), name=name, shifts_served=9, lat=50.4, lon=2.9)
    return replace(made, **changes)  # type: ignore[arg-type]


def ranked(
    *people: Person, held: dict[Person, list[Held]] | None = None, beside: Company | None = None
) -> list[Candidate]:
    holdings = {one.volunteer_id: seats for one, seats in (held or {}).items()}
    return rank(people, SHIFT, holdings, {}, monday=clock.monday(SHIFT.times.day), now=NOW, beside=beside or Company())


def names(found: list[Candidate]) -> list[str]:
    return [one.person.name for one in found]


def held_by(who: Person, *shifts: ShiftFacts) -> list[Held]:
    return [seat(one, volunteer_id=who.volunteer_id) for one in shifts]


def test_what_speaks_for_somebody_comes_before_the_way() -> None:
    seated = person("Assise")
    company = Company(
        (seat(SHIFT, volunteer_id=seated.volunteer_id, volunteer_name="Assise"),),
        {},
    )
    wished, likes = (
        person("Souhaitée", lat=50.9),
        person("Aime le lieu", lat=50.6, preferred_sites=frozenset({"parc-iles"})),
    )
    near, far = person("Proche"), person("Loin", lat=50.5)
    away = person("Pas libre", unavailable=(Stretch(1, 0, 1440),))
    company = replace(company, wishes={frozenset((wished.volunteer_id, seated.volunteer_id)): "together"})
    found = ranked(away, far, near, likes, wished, beside=company)
    assert names(found) == ["Souhaitée", "Aime le lieu", "Proche", "Loin", "Pas libre"]
    assert found[0].together == ("Assise",)
    assert [one.liked for one in found] == [False, True, False, False, False]
    assert [one.code for one in found[-1].warnings] == ["unavailable"]


def test_never_together_and_a_newcomer_alone_go_down_and_say_so() -> None:
    other = person("Assise")
    company = Company((seat(SHIFT, volunteer_id=other.volunteer_id, volunteer_name="Assise"),))
    apart, calm, new = person("À séparer"), person("Calme", lat=50.6), person("Débute", shifts_served=0, lat=50.5)
    company = replace(company, wishes={frozenset((apart.volunteer_id, other.volunteer_id)): "apart"})
    found = ranked(apart, calm, new, beside=company)
    assert names(found) == ["Débute", "Calme", "À séparer"], "beside somebody a newcomer is welcome"
    assert [one.newcomer for one in found] == [True, False, False]
    assert [one.code for one in found[-1].warnings] == ["pair_wish"]
    assert names(ranked(new, calm)) == ["Calme", "Débute"], "on an empty shift not first"


def test_who_has_room_in_the_contract_comes_before_who_would_pass_it() -> None:
    small = replace(CONTRACT, weekly_hours=4)
    full, free = person("Semaine pleine", contracts=(small,)), person("De la place", lat=50.5)
    found = ranked(full, free, held={full: held_by(full, on(0, 9, 10.5))})
    assert names(found) == ["De la place", "Semaine pleine"]
    assert [one.over for one in found] == [False, True]


def test_of_those_who_cannot_the_nearest_miss_comes_first() -> None:
    none = person("Sans contrat", contracts=())
    twice = person("Deux raisons", contracts=(replace(CONTRACT, medical=False, tutor=False),))
    busy = person("Prise", lat=50.6)
    found = ranked(twice, none, busy, held={busy: held_by(busy, on(1, 10, 13))})
    assert not any(one.eligible for one in found)
    assert names(found) == ["Sans contrat", "Prise", "Deux raisons"]
    assert [len(one.refusals) for one in found] == [1, 1, 2]
    assert found[1].hours == 3


def test_people_whose_engagement_is_over_are_left_out() -> None:
    over = person(
        "Partie",
        contracts=(replace(CONTRACT, starts_on=MONDAY - timedelta(days=900), last_day=NOW.date() - timedelta(days=1)),),
    )
    assert ranked(over) == []
