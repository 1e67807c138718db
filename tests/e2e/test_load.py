"""The guarantees of a booking through real HTTP and two server processes; `make verify-load` runs them larger."""

from pathlib import Path

import pytest

from tests import load


@pytest.mark.verify
async def test_nobody_is_booked_past_a_guard_however_many_ask_at_once(engine_url: str, tmp_path: Path) -> None:
    async with load.field(engine_url, tmp_path, people=24) as one:
        await load.race(one, places=3)
        await load.double_tap(one, taps=20)
        await load.two_at_one_hour(one, rounds=2)
        await load.past_the_week(one, rounds=1)
        await load.withdrawals_race_offers(one, places=3)


@pytest.mark.verify
async def test_the_race_is_lost_when_the_guards_are_taken_out(engine_url: str, tmp_path: Path) -> None:
    """The negative control: without locks the same race books too many, or breaks down."""
    async with load.field(engine_url, tmp_path, people=16, guarded=False) as one:
        with pytest.raises(AssertionError):
            await load.race(one, places=2)
