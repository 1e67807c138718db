"""People who sign in, their role and scope, their sessions and personal tokens."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTable
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code

ROLES = ("volunteer", "coordinator", "manager", "admin")


class User(SQLAlchemyBaseUserTable[UUID], Base):
    """An account; e-mail, hashed_password, is_active, is_superuser and is_verified come from fastapi-users."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES), CheckConstraint("email = lower(email)", name="email_lower"))

    if TYPE_CHECKING:  # The library shows its columns to a type checker as plain values; here they also make queries.
        email: Mapped[str]
        hashed_password: Mapped[str]
        is_active: Mapped[bool]
        is_verified: Mapped[bool]

    id: Mapped[Id]
    name: Mapped[str]
    role: Mapped[Code] = mapped_column(default="volunteer")
    theme: Mapped[str] = mapped_column(String(10), default="")
    created_at: Mapped[CreatedAt]

    scopes: Mapped[list["UserScope"]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @property
    def scope_codes(self) -> frozenset[str]:
        """Intermunicipality codes of a coordinator; none listed means all."""
        return frozenset(scope.intermunicipality_code for scope in self.scopes)

    def covers(self, intermunicipality_code: str) -> bool:
        """Whether a coordinator's scope holds an intermunicipality (`scopes` must be loaded)."""
        return not self.scopes or intermunicipality_code in self.scope_codes

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


class UserScope(Base):
    __tablename__ = "user_scopes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    intermunicipality_code: Mapped[Code] = mapped_column(ForeignKey("intermunicipalities.code"), primary_key=True)


class UserSession(Base):
    """A signed-in browser. Only the SHA-256 of the cookie is kept: a stolen backup opens no session."""

    __tablename__ = "user_sessions"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class PersonalToken(Base):
    """A token for scripts, made on the profile page and shown once."""

    __tablename__ = "personal_tokens"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[CreatedAt]
