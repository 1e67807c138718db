"""The published schema says what every operation may answer: each refusal is a problem document (RFC 9457)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from civic import __version__

PROBLEM = {
    "type": "object",
    "required": ["type", "status", "code", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable name of the reason"},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "A sentence in French that says what to do next"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "422: field → sentence",
        },
        "refusals": {
            "type": "array",
            "description": "409: every broken rule, the first of which is `code`",
            "items": {
                "type": "object",
                "required": ["code", "title"],
                "properties": {
                    "code": {"type": "string"},
                    "title": {"type": "string"},
                    "source": {"type": "string"},
                },
            },
        },
        "affected": {
            "type": "array",
            "description": "breaks_bookings: the bookings that the edit would break",
            "items": {
                "type": "object",
                "properties": {
                    "booking_id": {"type": "string", "format": "uuid"},
                    "volunteer_id": {"type": "string", "format": "uuid"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}
SIGNING_IN = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "civic_session",
        "description": "Set by POST /api/v1/auth/login; `__Host-civic_session` in production",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "A personal token, made on the profile page"},
}
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_REFUSED = {"description": "Refused: `code` says why", "content": _CONTENT}
_FAILED = {"description": "Nothing was saved; try again later", "content": _CONTENT}


def install(app: FastAPI) -> None:
    """Make the schema once, when it is first asked for."""

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app)
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]


def _schema(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=__version__, routes=app.routes)
    components = made.setdefault("components", {}).setdefault("schemas", {})
    components["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    made["components"]["securitySchemes"] = SIGNING_IN
    made["security"] = [{"session": []}, {"token": []}]
    for path in made["paths"].values():
        for operation in path.values():
            answers = {code: answer for code, answer in operation["responses"].items() if code.startswith(("2", "3"))}
            operation["responses"] = {**answers, "4XX": _REFUSED, "5XX": _FAILED}
    return made
