"""Column helpers that several domains share."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from sqlalchemy import BindParameter, CheckConstraint, bindparam
from sqlalchemy.orm import mapped_column

from civic.clock import now
from civic.db import UtcDateTime

Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]
CreatedAt = Annotated[datetime, mapped_column(default=now)]

# The moment of execution, for a select that is built once.
NOW: BindParameter[datetime] = bindparam("now", callable_=now, type_=UtcDateTime, unique=True)


def ago(span: timedelta) -> BindParameter[datetime]:
    """So long before the moment of execution, for the same."""
    return bindparam("ago", callable_=lambda: now() - span, type_=UtcDateTime, unique=True)


def among(name: str) -> BindParameter[Any]:
    """The values of an IN, given at execution as a list, for a select that is built once."""
    return bindparam(name, expanding=True)


def one_of(column: str, codes: Iterable[str], name: str | None = None) -> CheckConstraint:
    """A named check that a column holds one of the codes (or nothing, where the column may be null)."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)
