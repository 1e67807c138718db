"""The regular tasks as an administrator sees them: when each last ran, and what went wrong."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from civic import clock
from civic.accounts.current import AdminUser
from civic.db import Session
from civic.formats import duration
from civic.i18n import _
from civic.outbox.dead import count_dead
from civic.outbox.models import JobRun
from civic.tasks.registry import TASKS, Task
from civic.web import render

router = APIRouter(include_in_schema=False)
# A task that has missed this many of its turns, and this long, has most likely no worker.
MISSED = 5
PATIENCE = timedelta(minutes=10)


@router.get("/administration/taches")
async def list_tasks(request: Request, user: AdminUser, session: Session) -> Response:
    """Every task with its last run; the mails that never left have their own page."""
    runs = {run.name: run for run in await session.scalars(select(JobRun))}
    now = clock.now()
    previews = {task.name: await task.preview(session) for task in TASKS if task.preview}
    tasks = [{**_shown(task, runs.get(task.name), now), "preview": previews.get(task.name)} for task in TASKS]
    return render(request, "admin/tasks.html", {"tasks": tasks, "dead": await count_dead(session)})


def _shown(task: Task, run: JobRun | None, now: datetime) -> dict[str, Any]:
    last = run.last_run_at if run else None
    return {
        "title": _(task.title),
        "rhythm": _rhythm(task.every),
        "last_run_at": last,
        "error": run.last_error if run else None,
        "late": last is not None and now - last > max(MISSED * task.every, PATIENCE),
    }


def _rhythm(every: timedelta) -> str:
    if every < timedelta(minutes=1):
        return _("Toutes les %(n)s secondes") % {"n": every.seconds}
    if every == timedelta(minutes=1):
        return _("Chaque minute")
    return _("Chaque heure") if every == timedelta(hours=1) else _("Toutes les %(pause)s") % {"pause": duration(every)}
