"""The regular tasks as an administrator sees them: when each last ran, and what went wrong."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from civic.accounts.current import AdminUser
from civic.db import Session
from civic.outbox.dead import count_dead
from civic.outbox.models import JobRun
from civic.tasks.registry import TASKS
from civic.web import render

router = APIRouter(include_in_schema=False)


@router.get("/administration/taches")
async def list_tasks(request: Request, user: AdminUser, session: Session) -> Response:
    """Every task with its last run; the mails that never left have their own page."""
    runs = {run.name: run for run in await session.scalars(select(JobRun))}
    context = {"tasks": [(task, runs.get(task.name)) for task in TASKS], "dead": await count_dead(session)}
    return render(request, "admin/tasks.html", context)
