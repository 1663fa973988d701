"""JSON Patch (RFC 6902) over JSON Pointer (RFC 6901), for documents of the size of a persona."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

Json = Any
"""What `json.loads` gives: dict, list, str, int, float, bool or None."""

MAX_OPERATIONS = 200
# `copy` can double a document with every operation, so the number of operations alone bounds nothing.
MAX_CHARACTERS = 1024 * 1024

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


class PatchError(ValueError):
    """A patch that is not one, or that cannot be applied to this document."""


def apply(document: Json, patch: Json) -> Json:
    """Return what `document` becomes; the document itself stays as it is, also where the patch fails half-way.

    Raises `PatchError` for a malformed patch, a path that does not exist and a `test` that fails.
    """
    if not isinstance(patch, list) or len(patch) > MAX_OPERATIONS:
        raise PatchError(f"a patch is a list of at most {MAX_OPERATIONS} operations")
    result = copy.deepcopy(document)
    for operation in patch:
        if not isinstance(operation, Mapping):
            raise PatchError("an operation is an object")
        result = _apply_one(result, operation)
    return result


def same(left: Json, right: Json) -> bool:
    """Return whether two JSON values are equal (RFC 6902, 4.6): 1 equals 1.0, but true does not equal 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _apply_one(document: Json, operation: Mapping[str, Json]) -> Json:
    name = operation.get("op")
    path = _pointer(operation, "path")
    match name:
        case "add":
            return _add(document, path, copy.deepcopy(_value(operation)))
        case "remove":
            return _remove(document, path)
        case "replace":
            return _replace(document, path, copy.deepcopy(_value(operation)))
        case "test":
            if not same(_get(document, path), _value(operation)):
                raise PatchError("a test failed")
            return document
        case "copy":
            document = _add(document, path, copy.deepcopy(_get(document, _pointer(operation, "from"))))
            if len(json.dumps(document)) > MAX_CHARACTERS:
                raise PatchError("the patch makes the document too large")
            return document
        case "move":
            return _move(document, _pointer(operation, "from"), path)
        case _:
            raise PatchError("an operation is one of add, remove, replace, move, copy and test")


def _move(document: Json, source: list[str], target: list[str]) -> Json:
    if len(source) < len(target) and target[: len(source)] == source:
        raise PatchError("a value cannot be moved into itself")
    value = _get(document, source)
    if source == target:
        return document
    return _add(_remove(document, source), target, value)


def _value(operation: Mapping[str, Json]) -> Json:
    if "value" not in operation:
        raise PatchError("an operation lacks its value")
    return operation["value"]


def _pointer(operation: Mapping[str, Json], member: str) -> list[str]:
    text = operation.get(member)
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        raise PatchError(f"{member} is not a JSON Pointer")
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


def _get(document: Json, path: list[str]) -> Json:
    for token in path:
        document = _child(document, token)
    return document


def _child(parent: Json, token: str) -> Json:
    if isinstance(parent, dict) and token in parent:
        return parent[token]
    if isinstance(parent, list):
        return parent[_index(token, len(parent) - 1)]
    raise PatchError("a path does not exist")


def _index(token: str, highest: int) -> int:
    if not _INDEX.fullmatch(token) or int(token) > highest:
        raise PatchError("an index is outside its list")
    return int(token)


def _add(document: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    parent, token = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if token == "-" else _index(token, len(parent)), value)  # noqa: S105 - not a password
    else:
        raise PatchError("a path does not exist")
    return document


def _remove(document: Json, path: list[str]) -> Json:
    if not path:
        raise PatchError("the whole document cannot be removed")
    parent, token = _get(document, path[:-1]), path[-1]
    _child(parent, token)
    del parent[token if isinstance(parent, dict) else int(token)]
    return document


def _replace(document: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    parent, token = _get(document, path[:-1]), path[-1]
    _child(parent, token)
    parent[token if isinstance(parent, dict) else int(token)] = value
    return document
