"""Nobody gets in who should not: checked over real connections."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

import pytest
import requests
from websockets.exceptions import InvalidStatus

from coach_desktop.practice.guard import BODY_LIMIT
from tests.practice.client import Api, Page

ROUTES = [
    ("GET", "/v2/conversations"),
    ("POST", "/v2/conversations"),
    ("GET", "/v2/pals/p1"),
    ("GET", "/v2/faces"),
    ("GET", "/v2/nothing"),
    ("GET", "/v2"),
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/V2/conversations"),
    ("GET", "/%76%32/conversations"),
    ("GET", "//v2/conversations"),
    ("GET", "/rooms"),
    ("GET", "/rooms/../v2/conversations"),
]


def _raw(api: Api, method: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(api.origin).netloc, timeout=60)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("key", [None, "wrong", ""])
def test_without_the_key_nothing_is_served(shared_api: Api, method: str, path: str, key: str | None) -> None:
    headers = {} if key is None else {"x-api-key": key}
    # Sent as it is: what a client would make of the path first is not what a stranger sends.
    expected = 404 if path.startswith("/rooms/") else 401
    assert _raw(shared_api, method, path, headers).status == expected


def test_the_words_of_the_refusal(shared_api: Api) -> None:
    answer = requests.get(f"{shared_api.base_url}/conversations", headers={"x-api-key": "no"}, timeout=60)
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid access token"})


def test_two_keys_are_none(shared_api: Api) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(shared_api.origin).port or 0), timeout=60) as raw:
        raw.sendall(
            f"GET /v2/pals HTTP/1.1\r\nHost: {urlsplit(shared_api.origin).netloc}\r\n"
            f"x-api-key: {shared_api.api_key}\r\nx-api-key: wrong\r\nConnection: close\r\n\r\n".encode()
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 401")


def test_readiness_needs_no_key(shared_api: Api) -> None:
    answer = requests.get(f"{shared_api.origin}/readyz", timeout=60)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


@pytest.mark.expects_warnings("another host")
@pytest.mark.parametrize("path", ["/readyz", "/v2/conversations", "/rooms/c1", "/room-assets/x.js"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", "127.0.0.1.evil:80", ""]
)
def test_another_host_is_refused(shared_api: Api, path: str, host: str) -> None:
    assert _raw(shared_api, "GET", path, {"Host": host, "x-api-key": shared_api.api_key}).status == 403


def test_localhost_is_the_same_place(shared_api: Api) -> None:
    headers = {"Host": f"LocalHost:{urlsplit(shared_api.origin).port}", "x-api-key": shared_api.api_key}
    assert _raw(shared_api, "GET", "/v2/conversations", headers).status == 200


@pytest.mark.expects_warnings("another origin")
@pytest.mark.parametrize("path", ["/readyz", "/v2/conversations", "/rooms/c1", "/room-assets/x.js"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:{port}", ""])
def test_another_origin_is_refused(shared_api: Api, path: str, origin: str) -> None:
    origin = origin.format(port=urlsplit(shared_api.origin).port)
    assert _raw(shared_api, "GET", path, {"Origin": origin, "x-api-key": shared_api.api_key}).status == 403


def test_the_own_origin_may(shared_api: Api) -> None:
    answer = shared_api.get("/conversations", headers={"Origin": shared_api.origin})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.expects_warnings("another origin", "another host")
def test_a_websocket_from_elsewhere_is_refused(api: Api) -> None:
    room = api.create()["conversation_url"]
    for origin in ("http://evil.example", "null"):
        with pytest.raises(InvalidStatus, match="403"), Page(room, additional_headers={"Origin": origin}):
            pass
    with Page(room, additional_headers={"Origin": api.origin}) as page:
        page.until("welcome")


def test_a_websocket_to_anything_else_needs_the_key(shared_api: Api) -> None:
    with pytest.raises(InvalidStatus, match="403"), Page(f"{shared_api.origin}/v2/conversations"):
        pass


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 3 * BODY_LIMIT])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(shared_api: Api, size: int, *, chunked: bool) -> None:
    body = b" " * size
    answer = shared_api.post("/conversations", data=iter([body[: size // 2], body[size // 2 :]]) if chunked else body)
    assert answer.status_code == 413
    assert shared_api.get("/conversations").status_code == 200


def test_a_body_of_the_largest_size_is_read(shared_api: Api) -> None:
    body = b'{"persona_id": "nobody", "x": "' + b"a" * (BODY_LIMIT - 33) + b'"}'
    assert len(body) == BODY_LIMIT
    assert shared_api.post("/conversations", data=body).json() == {"error": "Invalid persona_id"}


def test_every_answer_carries_the_security_headers(shared_api: Api) -> None:
    for path in ("/readyz", "/v2/conversations", "/v2/nothing", "/rooms/c1", "/room-assets/none"):
        headers = requests.get(shared_api.origin + path, headers={"x-api-key": shared_api.api_key}, timeout=60).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers
