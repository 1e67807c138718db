"""An unknown query parameter is an error wherever it is sent, so that a misspelt filter never passes for none."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from civic.errors import Invalid
from civic.i18n import _


def known_query(request: Request) -> None:
    """Raises Invalid for a parameter that the route does not declare; one that reads a model refuses by itself."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.query_params:
        return
    fields = list(_query_fields(route.dependant))
    if any(_is_model(field.field_info.annotation) for field in fields):
        return
    unknown = request.query_params.keys() - {field.alias for field in fields}
    if unknown:
        raise Invalid({name: _("Ce paramètre est inconnu.") for name in sorted(unknown)})


def _query_fields(dependant: Any) -> Iterator[Any]:
    yield from dependant.query_params
    for needed in dependant.dependencies:
        yield from _query_fields(needed)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
