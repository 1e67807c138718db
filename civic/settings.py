"""Everything that an operator may set, read once from the environment."""

import re
import secrets
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# `{s}` stands for the three hosts that some servers spread over.
TILES = re.compile(r"^(?P<scheme>https?://)(?P<any>\{s\}\.)?(?P<host>[A-Za-z0-9.-]+(:\d+)?)/[^\s;,\"'<>]*$")
DEVELOPMENT_KEY = "development-only-key-never-used-in-production"


class Settings(BaseSettings):
    """Names are those of the environment without the CIVIC_ prefix."""

    model_config = SettingsConfigDict(env_prefix="CIVIC_", extra="ignore")

    env: Literal["development", "production"] = "development"
    database_url: str = Field(default_factory=lambda: f"sqlite+aiosqlite:///{Path.cwd() / 'var' / 'civic.db'}")
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    smtp_url: str | None = None
    mail_from: str = "Civic <civic@localhost>"
    mail_folder: Path = Path("var/mail")
    rate_limit_url: str = "memory://"
    files: Path = Path("var/files")
    map_tiles_url: str | None = None
    open_data: bool = False
    site_report_days: int = Field(default=90, ge=1, le=3650)
    log_format: Literal["text", "json"] = "text"
    metrics_token: str | None = None

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        if not self.production:
            self.secret_key = self.secret_key or DEVELOPMENT_KEY
            return self
        if len(self.secret_key) < 32 or self.secret_key == DEVELOPMENT_KEY:
            example = secrets.token_urlsafe(32)
            raise ValueError(f"CIVIC_SECRET_KEY must hold at least 32 characters in production, for instance {example}")
        if not self.base_url.startswith("https://"):
            raise ValueError("CIVIC_BASE_URL must begin with https:// in production")
        return self

    @model_validator(mode="after")
    def _addresses_of_services(self) -> Self:
        if not self.rate_limit_url.startswith(("memory://", "redis://", "rediss://")):
            raise ValueError("CIVIC_RATE_LIMIT_URL must begin with memory://, redis:// or rediss://")
        if self.smtp_url and not self.smtp_url.startswith(("smtp://", "smtps://")):
            raise ValueError("CIVIC_SMTP_URL must begin with smtp:// or smtps://")
        if self.rate_limit_url.startswith("redis") and find_spec("coredis") is None:
            raise ValueError("CIVIC_RATE_LIMIT_URL asks for Redis: install civic[redis] to have its client")
        return self

    @model_validator(mode="after")
    def _tiles(self) -> Self:
        if not self.map_tiles_url:
            return self
        if not TILES.match(self.map_tiles_url) or not all(one in self.map_tiles_url for one in ("{z}", "{x}", "{y}")):
            example = "https://tuiles.exemple.fr/{z}/{x}/{y}.png"
            raise ValueError(f"CIVIC_MAP_TILES_URL must be an address with {{z}}, {{x}} and {{y}}, such as {example}")
        if self.production and not self.map_tiles_url.startswith("https://"):
            raise ValueError("CIVIC_MAP_TILES_URL must begin with https:// in production")
        return self

    @property
    def tiles_host(self) -> str:
        """The host that tiles come from, as a content security policy names it; "" without any."""
        found = TILES.match(self.map_tiles_url or "")
        return f"{found['scheme']}{(found['any'] or '').replace('{s}', '*')}{found['host']}" if found else ""

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def session_cookie(self) -> str:
        """The __Host- prefix binds the cookie to this host over https; browsers refuse it on plain http."""
        return "__Host-civic_session" if self.production else "civic_session"


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
