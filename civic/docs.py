"""The JSON interface, described by a page of ours: FastAPI's own needs an inline script and a foreign server."""

from fastapi import APIRouter, Request, Response

from civic.accounts.current import MaybeUser
from civic.web import render

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
async def docs(request: Request, user: MaybeUser) -> Response:
    return render(request, "api_docs.html", {"schema": request.app.openapi()})
