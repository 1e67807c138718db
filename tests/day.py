"""The day on which the tests run, whenever they are run: a rule of the week answers otherwise on a Sunday or at night.

Importing this moves the clock of this process, and that of every Python process that it starts (tests/clock).
"""

import os
import runpy
from datetime import UTC, datetime
from pathlib import Path

# A Monday in no holiday, in the morning. CIVIC_TEST_DAY=2026-12-24 tries another one.
START = datetime.fromisoformat(f"{os.environ.get('CIVIC_TEST_DAY', '2026-11-23')}T10:00:00+01:00")
FOLDER = str(Path(__file__).parent / "clock")
SHIFT = "TESTS_CLOCK"

if SHIFT not in os.environ:
    # One difference for all: what begins later, the workers of this run included, agrees on the time.
    os.environ[SHIFT] = str((START - datetime.now(UTC)).total_seconds())
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (FOLDER, os.environ.get("PYTHONPATH"))))
    runpy.run_path(f"{FOLDER}/sitecustomize.py")
