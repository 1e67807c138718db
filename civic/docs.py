"""The JSON interface, described by a page of ours: FastAPI's own needs an inline script and a foreign server."""

from typing import Any

from fastapi import APIRouter, Request, Response

from civic.accounts.current import MaybeUser
from civic.web import render

router = APIRouter(include_in_schema=False)
METHODS = ("get", "post", "put", "patch", "delete")


@router.get("/api/docs")
async def docs(request: Request, user: MaybeUser) -> Response:
    schema: dict[str, Any] = request.app.openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema.get("paths", {}).items():
        for method in METHODS:
            if method in operations:
                one = _operation(path, method, operations[method], schema)
                groups.setdefault(one["tag"], []).append(one)
    return render(request, "api_docs.html", {"groups": groups, "version": schema["info"]["version"]})


def _operation(path: str, method: str, described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "tag": (described.get("tags") or ["civic"])[0],
        "method": method.upper(),
        "path": path,
        "text": described.get("description", ""),
        "parameters": [_parameter(one) for one in described.get("parameters", [])],
        "body": [field for content in _bodies(described) for field in _fields(content, schema)],
        "answers": ", ".join(sorted(described.get("responses", {}))),
    }


def _parameter(one: dict[str, Any]) -> dict[str, Any]:
    return {"name": one["name"], "where": one["in"], "required": one.get("required", False), **_type(one["schema"])}


def _bodies(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [content["schema"] for content in described.get("requestBody", {}).get("content", {}).values()]


def _fields(content: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    model = _resolve(content, schema)
    required = model.get("required", [])
    return [
        {"name": name, "required": name in required, **_type(one)} for name, one in model.get("properties", {}).items()
    ]


def _resolve(content: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = content.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema.get("components", {}).get("schemas", {}).get(name, content)
    return found


def _type(one: dict[str, Any]) -> dict[str, str]:
    """A short word for a JSON type: `string (date)`, `integer`, `array of Thing`."""
    kinds = [_word(option) for option in one.get("anyOf", [one])]
    return {"type": " | ".join(kind for kind in kinds if kind)}


def _word(option: dict[str, Any]) -> str:
    if "$ref" in option:
        return str(option["$ref"].rpartition("/")[2])
    if "enum" in option:
        return " | ".join(str(value) for value in option["enum"])
    if option.get("type") == "array":
        return f"array of {_word(option.get('items', {}))}"
    shape = option.get("format") or ""
    return f"{option.get('type', '')} ({shape})" if shape else str(option.get("type", ""))
