"""The regular tasks: a name, how often, and what each does. A new one gets a line in TASKS."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from civic.i18n import N_
from civic.tasks import digest, housekeeping, pairs, queues, reminders, reports, rollups
from civic.tasks.items import Run


@dataclass(frozen=True, slots=True)
class Task:
    """`every` is the pause between two runs; `run` does everything that is due, each item in its own transaction;
    `preview` says what a run would throw away.
    """

    name: str
    title: str
    every: timedelta
    run: Callable[[Run], Awaitable[None]]
    preview: Callable[[AsyncSession], Awaitable[str]] | None = None


TASKS = (
    Task("queues", N_("Places proposées aux listes d’attente"), timedelta(seconds=20), queues.settle_queues),
    Task("stand_ins", N_("Appels à remplacement"), timedelta(seconds=20), queues.call_stand_ins),
    Task("reminders", N_("Rappels de créneaux"), timedelta(minutes=1), reminders.remind),
    Task("pairs", N_("Alertes sur les binômes incomplets"), timedelta(minutes=5), pairs.warn),
    Task("digest", N_("Résumés du jour et de la semaine"), timedelta(minutes=5), digest.send),
    Task("rollups", N_("Totaux par jour des bilans"), timedelta(minutes=1), rollups.roll_up),
    Task("reports", N_("Bilans du mois et du trimestre"), timedelta(hours=1), reports.ask),
    Task("files", N_("Nettoyage des fichiers de bilan échus"), timedelta(hours=1), reports.drop_expired),
    Task("sessions", N_("Nettoyage des sessions passées"), timedelta(hours=1), housekeeping.drop_lapsed_sessions),
    Task("imports", N_("Nettoyage des fichiers non importés"), timedelta(hours=1), housekeeping.drop_stale_imports),
    Task("receipts", N_("Heures de réception effacées"), timedelta(hours=1), housekeeping.forget_receipt_times),
    Task(
        "comments",
        N_("Commentaires effacés après 90 jours"),
        timedelta(hours=12),
        housekeeping.forget_comments,
        housekeeping.preview_comments,
    ),
    Task("site_reports", N_("Signalements clos effacés"), timedelta(hours=1), housekeeping.forget_site_reports),
)
