"""Read by Python itself at the start of each process that the tests start: they share the day of the tests."""

import os
from datetime import UTC, datetime, timedelta

if "TESTS_CLOCK" in os.environ:  # the name in tests/day.py
    import time_machine

    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["TESTS_CLOCK"])), tick=True).start()
