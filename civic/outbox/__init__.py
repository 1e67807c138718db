"""Mails: `await outbox.enqueue(...)` in the verb's transaction, `deliver()` later by the worker."""

from civic.outbox.actions import enqueue

__all__ = ["enqueue"]
