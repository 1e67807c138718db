"""What a verb or a page may answer instead of doing its work; civic.problems maps each to HTTP once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict: its code in lower case, a French sentence with the sum, and where the rule comes from."""

    code: str
    title: str
    source: str = ""


class CivicError(Exception):
    """Base of every answer below."""

    status = 500
    code = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class Refusal(CivicError):
    """A verb that can't be done now (409). Raised before the first write.

    `findings` holds every reason in order where several were judged; `field` ties it to a form field; `extra` adds
    members to the JSON answer.
    """

    status = 409

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        findings: Sequence[Finding] = (),
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.findings = tuple(findings)
        self.extra = extra or {}

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Refusal":
        """The refusal of a ladder of rules: the first one names it, all are told."""
        return cls(findings[0].code, findings[0].title, findings=findings)


class Invalid(CivicError):
    """Values that are wrong, field by field (422)."""

    status = 422
    code = "invalid"

    def __init__(self, errors: dict[str, str], message: str = "", code: str = "invalid") -> None:
        super().__init__(message)
        self.errors = errors
        self.code = code


class NotFound(CivicError):
    """Nothing here for this person (404): unknown, or not theirs to know about."""

    status = 404
    code = "not_found"


class Forbidden(CivicError):
    """A colleague without the right (403)."""

    status = 403
    code = "forbidden"


class NotSignedIn(CivicError):
    """Nobody is signed in: 401 in the interface, the sign-in page elsewhere."""

    status = 401
    code = "not_signed_in"


class Answer(CivicError):
    """Any other status that the interface promises (412, 428, 429…), with its headers."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
