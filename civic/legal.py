"""Legal pages, for everybody."""

from fastapi import APIRouter, Request, Response

from civic.accounts.current import MaybeUser
from civic.settings import settings
from civic.web import render

router = APIRouter(include_in_schema=False)


@router.get("/mentions-legales")
async def legal_notice(request: Request, user: MaybeUser) -> Response:
    return render(request, "legal/notice.html")


@router.get("/donnees-personnelles")
async def personal_data(request: Request, user: MaybeUser) -> Response:
    return render(request, "legal/personal_data.html", {"site_report_days": settings().site_report_days})


@router.get("/accessibilite")
async def accessibility(request: Request, user: MaybeUser) -> Response:
    return render(request, "legal/accessibility.html")
