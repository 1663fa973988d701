"""JSON Patch: the examples of RFC 6902 and 6901, and properties that hold for every document."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.json_patch import MAX_OPERATIONS, PatchError, apply, same

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=12,
)
OPERATION = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "nonsense"]) | JSON,
        "path": st.sampled_from(["", "/a", "/a/0", "/a/-", "/b", "/b/c", "/b/c/d", "/~01", "a", "/~2"]) | JSON,
        "from": st.sampled_from(["", "/a", "/a/0", "/b", "/b/c"]) | JSON,
        "value": JSON,
    },
)


def pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


# RFC 6902, appendix A, and more of the same kind: document, patch, result.
WORKS: list[tuple[Any, list[dict[str, Any]], Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "bar"}),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "cows", "grass"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/2"}],
        {"foo": ["all", "grass", "cows"]},
    ),
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "qux"}], {"baz": "qux"}),
    ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grand": {}}}], {"foo": "bar", "child": {"grand": {}}}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc"]}], {"foo": ["bar", ["abc"]]}),
    ({"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
    ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ({"a": None}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
]

FAILS: list[tuple[Any, Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}]),
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}]),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}]),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": True}]),
    ({"a": [1]}, [{"op": "add", "path": "/a/2", "value": 1}]),
    ({"a": [1]}, [{"op": "replace", "path": "/a/-", "value": 1}]),
    ({"a": [1]}, [{"op": "replace", "path": "/a/00", "value": 1}]),
    ({"a": [1]}, [{"op": "remove", "path": "/a/-1"}]),
    ({"a": [1]}, [{"op": "remove", "path": "/a/\u0660"}]),
    ({"a": 1}, [{"op": "replace", "path": "/b", "value": 1}]),
    ({"a": 1}, [{"op": "remove", "path": "/b"}]),
    ({"a": 1}, [{"op": "remove", "path": ""}]),
    ({"a": "text"}, [{"op": "add", "path": "/a/0", "value": 1}]),
    ({"a": {"b": 1}}, [{"op": "move", "from": "/a", "path": "/a/b"}]),
    ({"a": 1}, [{"op": "move", "path": "/b"}]),
    ({"a": 1}, [{"op": "add", "path": "/b"}]),
    ({"a": 1}, [{"op": "add", "path": "b", "value": 1}]),
    ({"a": 1}, [{"op": "add", "path": "/~2", "value": 1}]),
    ({"a": 1}, [{"op": "spam", "path": "/a", "value": 1}]),
    ({"a": 1}, [{"path": "/a", "value": 1}]),
    ({"a": 1}, ["add"]),
    ({"a": 1}, {"op": "remove", "path": "/a"}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1}] * (MAX_OPERATIONS + 1)),
    ({"a": ["x" * 100]}, [{"op": "copy", "from": "", "path": "/a/0"}] * 60),
]  # fmt: skip


@pytest.mark.parametrize(("document", "patch", "result"), WORKS)
def test_a_patch_works(document: Any, patch: Any, result: Any) -> None:
    before = copy.deepcopy(document)
    assert same(apply(document, patch), result)
    assert same(document, before)


@pytest.mark.parametrize(("document", "patch"), FAILS)
def test_a_patch_is_refused_and_changes_nothing(document: Any, patch: Any) -> None:
    before = copy.deepcopy(document)
    with pytest.raises(PatchError):
        apply(document, patch)
    assert same(document, before)


@given(st.dictionaries(st.sampled_from("ab"), JSON), st.lists(OPERATION, max_size=5) | JSON)
def test_any_patch_gives_json_or_an_error(document: Any, patch: Any) -> None:
    before = copy.deepcopy(document)
    with suppress(PatchError):
        json.dumps(apply(document, patch))
    assert same(document, before)


@given(st.dictionaries(st.text(), JSON), st.text(), JSON)
def test_what_was_added_is_found_and_can_be_removed(document: dict[str, Any], key: str, value: Any) -> None:
    path = pointer(key)
    added = apply(document, [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}])
    assert same(added[key], value)
    removed = apply(added, [{"op": "remove", "path": path}])
    assert same(removed, {name: kept for name, kept in document.items() if name != key})


@given(st.dictionaries(st.text(), JSON, min_size=1), st.text(), st.data())
def test_a_move_is_a_copy_and_a_remove(document: dict[str, Any], target: str, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(document)))
    moved = apply(document, [{"op": "move", "from": pointer(source), "path": pointer(target)}])
    copied = apply(document, [{"op": "copy", "from": pointer(source), "path": pointer(target)}])
    assert same(moved[target], copied[target])
    if source != target:
        assert same(moved, {name: kept for name, kept in copied.items() if name != source})


@given(JSON, JSON)
def test_equality_is_that_of_json(left: Any, right: Any) -> None:
    assert same(left, copy.deepcopy(left))
    assert same(left, right) == same(right, left)
