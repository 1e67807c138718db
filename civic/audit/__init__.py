"""The audit log: `audit.record(...)` is called inside each verb, never in a view."""

from civic.audit.actions import record

__all__ = ["record"]
