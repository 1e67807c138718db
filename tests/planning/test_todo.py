"""« À traiter » as values: the order, what is folded beside the board, and one button each."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.bookings.values import Closure, Crowd, Held, ShiftFacts, Times
from civic.db import Database
from civic.errors import Finding
from civic.outbox.models import OutboxMail
from civic.planning import todo
from civic.planning.conflicts import Conflict
from civic.planning.due import Due
from civic.planning.todo import Facts, Todo
from tests.bookings import values
from tests.planning.world import World, moment
from tests.planning.world import world as world

NOW = moment(25, 10)


def address(shift_id: UUID, _starts_at: datetime) -> str:
    return f"/ici/{shift_id}"


def shift_at(start: datetime) -> ShiftFacts:
    return replace(values.BLANK, id=uuid4(), times=Times(start, start + timedelta(hours=3)))


def due(seated: int = 0, hours: int = 6, **more: object) -> Due:
    starts_at = NOW + timedelta(hours=hours)
    return Due(uuid4(), starts_at, starts_at + timedelta(hours=3), "Parc", seated, **more)  # type: ignore[arg-type]


def crowd_of(one: Due, seated: int, waiting: int = 0) -> Crowd:
    shift = shift_at(one.starts_at)
    held = [Held(uuid4(), one.id, uuid4(), "confirmed", n, shift.times, "Parc", "Inès Leroy") for n in range(9)]
    return Crowd(tuple(held[:seated]), tuple(held[:waiting]))


def conflict() -> Conflict:
    shift = shift_at(NOW + timedelta(hours=30))
    held = Held(uuid4(), shift.id, uuid4(), "confirmed", 1, shift.times, "Parc", "Noé Petit")
    return Conflict(shift, held, Finding("week_max_adult", "31 h + 7 h = 38 h."))


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def titles(items: list[Todo]) -> list[str]:
    return [one.title for one in items]


def test_the_most_urgent_comes_first() -> None:
    empty, alone = due(), due(seated=1, hours=30)
    minor = due(seated=1, born=clock.today() - timedelta(days=17 * 365))
    facts = Facts(
        conflicts=[conflict()],
        due=[alone, empty, minor],
        unnoted=[due(seated=2, hours=-30)],
        crowds={alone.id: crowd_of(alone, 1), minor.id: crowd_of(minor, 1)},
        contracts=2,
        late=1,
        leaves=1,
        applications=3,
        dead_mails=1,
        drafts=4,
    )
    assert titles(todo.listed(facts, address, NOW)) == [
        "Vide aujourd’hui",
        "Mineur seul",
        "Noé Petit\u00a0: place en conflit",
        "Incomplet sous 48\u00a0h",
        "1 congé à décider",
        "3 candidatures",
        "2 contrats à suivre",
        "1 contrat pas prêt",
        "1 e-mail non parti",
        "2 présences à noter",
        "4 brouillons",
    ]


def test_a_shift_on_a_day_of_closure_is_to_move_or_cancel_and_no_longer_to_staff() -> None:
    soon = shift_at(NOW + timedelta(hours=6))
    day = clock.local_day(soon.times.starts_at)
    closure = Closure(soon.site_id, day, day, "Travaux")
    shut = replace(soon, closures=(closure,))
    others = [
        replace(shut, id=uuid4(), state="draft"),
        replace(shut, id=uuid4(), state="cancelled"),
        replace(shut, id=uuid4(), times=Times(NOW - timedelta(hours=3), NOW)),
        replace(
            shut,
            id=uuid4(),
            closures=(replace(closure, starts_on=day + timedelta(days=1), ends_on=day + timedelta(days=1)),),
        ),
    ]
    facts = Facts(shifts=[shut, *others], due=[replace(due(), id=shut.id), due()])
    items = todo.listed(facts, address, NOW)
    assert titles(items) == ["Vide aujourd’hui", *["Créneau un jour de fermeture"] * 2]
    assert [one.href for one in items[1:]] == [f"/ici/{shut.id}", f"/ici/{others[0].id}"]
    assert items[1].text.endswith("Déplacez-le ou annulez-le.")
    many = Facts(shifts=[replace(shut, id=uuid4()) for _ in range(6)])
    assert titles(todo.listed(many, address, NOW))[-1] == "Et 3 autres un jour de fermeture"
    assert todo.total(todo.listed(many, address, NOW)) == 6
    named = replace(conflict(), shift=shut)
    assert titles(todo.listed(Facts(shifts=[shut], conflicts=[named]), address, NOW)) == [
        "Noé Petit\u00a0: place en conflit"
    ]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_what_is_folded_is_counted_and_every_decision_has_its_button(
    empty: int, broken: int, unnoted: int, leaves: int, contracts: int, dead: int
) -> None:
    facts = Facts(
        conflicts=[conflict() for _ in range(broken)],
        due=[due() for _ in range(empty)],
        unnoted=[due(seated=1, hours=-30) for _ in range(unnoted)],
        leaves=leaves,
        contracts=contracts,
        dead_mails=dead,
    )
    whole = todo.listed(facts, address, NOW, whole=True)
    assert todo.total(whole) == empty + broken + unnoted + leaves + contracts + dead
    folded = todo.listed(facts, address, NOW)
    assert len(folded) <= len(whole)
    assert all(one.act and one.href for one in (*whole, *folded))
    shown = {one.href for one in folded}
    assert shown <= {one.href for one in whole}


def test_nothing_to_do_is_nothing_said() -> None:
    assert todo.listed(Facts(), address, NOW) == []


async def test_a_mail_that_never_arrived_is_told_with_whom_to_phone(world: World, db: Database) -> None:
    volunteer, colleague = world.cast.volunteer, world.cast.colleague
    async with db.writing() as session:
        for who in (volunteer, colleague):
            mail = OutboxMail(kind="x", recipient=who.user.email, subject="Créneau annulé", text_body="", html_body="")
            mail.dead_at = clock.now() if who is volunteer else None
            session.add(mail)
    page = await world.get("coordinator", "/planning/a-traiter")
    assert page.status_code == 200
    assert "1 e-mail non parti" in page.text
    assert f"/volontaires/{volunteer.id}" in page.text
    assert f"/volontaires/{colleague.id}" not in page.text.split('id="courriels"')[1]


async def test_the_board_and_the_page_count_the_same(world: World) -> None:
    board, page = await world.get("coordinator", "/planning"), await world.get("coordinator", "/planning/a-traiter")
    counted = page.text.split('À traiter <span class="muted">')[1].split("<")[0]
    assert f'id="todo-n">{counted}</span>' in board.text
    assert page.text.count("<li data-tone=") > 0
    for who in ("volunteer", "manager", "admin"):
        assert (await world.get(who, "/planning/a-traiter")).status_code == 403
