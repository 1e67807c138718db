"""Signing in and out for scripts and for the black-box checks."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field

from civic.accounts import actions, cookie, credentials
from civic.db import Session
from civic.schema import Strict
from civic.settings import settings

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


class Login(Strict):
    username: str = Field(max_length=1000, description="E-mail address")
    password: str = Field(max_length=1000)


@router.post("/login", status_code=204)
async def login(request: Request, session: Session, given: Annotated[Login, Form()]) -> Response:
    """204 and the session cookie; 400 `bad_credentials`; 429 `too_many_attempts` with Retry-After."""
    user = await credentials.check(credentials.door(request), given.username, given.password)
    token = await actions.open_session(session, user)
    response = Response(status_code=204)
    cookie.give(response, token, actions.KEPT)
    return response


@router.post("/logout", status_code=204)
async def logout(request: Request, session: Session) -> Response:
    """204, signed in or not."""
    token = request.cookies.get(settings().session_cookie)
    if token:
        await actions.close_session(session, token)
    response = Response(status_code=204)
    cookie.take_back(response)
    return response
