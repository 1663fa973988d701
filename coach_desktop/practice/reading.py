"""Reading what a client sends: bodies and queries, checked, with refusals in the words of the API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

Model = TypeVar("Model", bound=BaseModel)
Row = TypeVar("Row")

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
DEFAULT_LIMIT = 10


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that is answered with an error: status, and a body in one of the API's two shapes."""

    def __init__(self, status: int, *, error: str | None = None, message: str | None = None) -> None:
        """Say `error` for validation, `message` for all else."""
        self.status = status
        self.body = {"error": error} if error is not None else {"message": message or ""}
        super().__init__(f"{status} {self.body}")


def _invalid(what: str) -> Refusal:
    return Refusal(400, error=f"Invalid request: {what}")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


async def read_json(request: Request) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return the JSON of the body; an empty body is an empty object. Raises `Refusal` (400) where it is none."""
    body = await request.body()
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_constant=_no_constant)
        # Lone surrogates and 1e999 are read without complaint, but no answer that holds them could be written.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise _invalid("the body is not valid JSON") from error
    return value


def checked(model: type[Model], value: object) -> Model:
    """Return `value` as a `model`. Raises `Refusal` (400) that names the first wrong field."""
    if not isinstance(value, dict):
        raise _invalid("the body must be a JSON object")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _invalid(f"{field}: {first['msg']}" if field else first["msg"]) from error


def one_of(query: QueryParams, names: Sequence[str], allowed: Sequence[str]) -> str | None:
    """Return the first given of the query keys `names`, None where none is; refuses a value that is not `allowed`."""
    for name in names:
        value = query.get(name)
        if value:
            if value not in allowed:
                raise _invalid(f"{name} must be one of {', '.join(allowed)}")
            return value
    return None


def page_of(rows: Sequence[Row], query: QueryParams) -> tuple[list[Row], int]:
    """Return the page of `rows` that the query asks for, and how many rows there are. Page 0 is the first, as is 1."""
    page, limit = page_and_limit(query, default_page=1)
    start = max(page - 1, 0) * limit
    return list(rows[start : start + limit]), len(rows)


def page_and_limit(query: QueryParams, *, default_page: int) -> tuple[int, int]:
    """Return which page the query asks for and how many rows a page has; refuses what is no number."""
    limit = _number(query, "limit", DEFAULT_LIMIT)
    if limit < 1:
        raise _invalid("limit must be a positive integer")
    return _number(query, "page", default_page), limit


def words_of(query: QueryParams, name: str) -> list[str]:
    """Return the words between the commas of the query key `name`; the key may also be repeated."""
    return [word.strip() for text in query.getlist(name) for word in text.split(",") if word.strip()]


def _number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name)
    if not text:
        return default
    if not _WHOLE_NUMBER.fullmatch(text):
        kind = "positive" if name == "limit" else "non-negative"
        raise _invalid(f"{name} must be a {kind} integer")
    return int(text)


def is_true(query: QueryParams, name: str) -> bool:
    """Return whether the query says yes to `name`."""
    return query.get(name, "").lower() in {"true", "1"}
