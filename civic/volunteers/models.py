"""The volunteer behind an account: birth date, home commune, phone and emergency contact."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.accounts.models import User
from civic.clock import age_on
from civic.columns import CreatedAt, Id
from civic.db import Base, Code
from civic.sites.models import Commune


class Volunteer(Base):
    """Contact details are shown to coordinators in scope only, and the phone to the partner during a shift."""

    __tablename__ = "volunteers"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    birth_date: Mapped[date]
    commune_insee: Mapped[Code | None] = mapped_column(ForeignKey("communes.insee"), index=True)
    phone: Mapped[str] = mapped_column(default="")
    emergency_name: Mapped[str] = mapped_column(default="")
    emergency_phone: Mapped[str] = mapped_column(default="")
    created_at: Mapped[CreatedAt]

    user: Mapped[User] = relationship(lazy="raise")
    commune: Mapped[Commune | None] = relationship(lazy="raise")

    def minor_on(self, day: date) -> bool:
        """Under 18 on a local day."""
        return age_on(self.birth_date, day) < 18
