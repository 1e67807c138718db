"""The session cookie, the same for pages and for the JSON interface."""

from datetime import timedelta

from starlette.responses import Response

from civic.settings import settings


def give(response: Response, token: str, lasting: timedelta | None) -> None:
    """`lasting` None: the browser forgets it when it closes."""
    response.set_cookie(
        settings().session_cookie,
        token,
        max_age=int(lasting.total_seconds()) if lasting else None,
        path="/",
        secure=settings().production,
        httponly=True,
        samesite="lax",
    )


def take_back(response: Response) -> None:
    response.delete_cookie(
        settings().session_cookie, path="/", secure=settings().production, httponly=True, samesite="lax"
    )
