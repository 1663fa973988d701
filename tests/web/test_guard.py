"""Who may start and end: the user's own page and programs, and nobody else, in a real browser too."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browsing import strangers_pages
from tests.standin import StandIn
from tests.web.conftest import Served, Start, wait_for

OWN = "http://{host}"
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

REFUSED: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "/start", {"Host": "evil.example"}),
    ("POST", "/start", {"Host": "127.0.0.1"}),
    ("POST", "/start", {"Host": "127.0.0.1.evil.example:{port}"}),
    ("POST", "/start", {"Host": ""}),
    ("POST", "/start", {"Origin": "https://evil.example"}),
    ("POST", "/start", {"Origin": "null"}),
    ("POST", "/start", {"Origin": "https://127.0.0.1:{port}"}),
    ("POST", "/start", {"Origin": "http://127.0.0.1:1"}),
    ("POST", "/start", {"Sec-Fetch-Site": "cross-site"}),
    ("POST", "/start", {"Sec-Fetch-Site": "same-site"}),
    ("POST", "/start", LINK),
    ("POST", "/start", {"Sec-Fetch-Site": "cross-site", "Origin": OWN}),
    ("POST", "/end/c0ffee", {"Origin": "https://evil.example"}),
    ("POST", "/end/c0ffee", {"Sec-Fetch-Site": "cross-site"}),
    ("GET", "/", {"Host": "evil.example"}),
    ("GET", "/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}),
    ("GET", "/", LINK | {"Sec-Fetch-Dest": "iframe"}),
    ("GET", "/status", LINK),
    ("GET", "/status", {"Sec-Fetch-Site": "same-site"}),
]
ANSWERED: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/", {}, 200),
    ("GET", "/", LINK, 200),
    ("GET", "/", {"Host": "localhost:{port}", "Sec-Fetch-Site": "none"}, 200),
    ("GET", "/status", {"Sec-Fetch-Site": "same-origin"}, 200),
    ("GET", "/assets/page.js", {"Sec-Fetch-Site": "same-origin"}, 200),
    ("GET", "/assets/page.html", {}, 404),
    ("GET", "/assets/..%2fpersonas%2fchuck-local.toml", {}, 404),
    ("GET", "/docs", {}, 404),
    ("GET", "/openapi.json", {}, 404),
    ("GET", "/start", {}, 405),
    ("POST", "/end/c0ffee", {}, 404),
    ("POST", "/end/c0ffee", {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, 404),
]


def _ask(served: Served, method: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    address = urlsplit(served.base_url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
    filled = {name: value.format(host=address.netloc, port=address.port) for name, value in headers.items()}
    try:
        connection.request(method, path, headers={"Host": address.netloc} | filled)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@pytest.mark.usefixtures("no_keyring")
def test_only_the_users_own_page_and_programs_are_answered(serve: Start) -> None:
    with serve() as served:
        for method, path, headers in REFUSED:
            assert _ask(served, method, path, headers).status == 403, (method, path, headers)
        for method, path, headers, status in ANSWERED:
            answer = _ask(served, method, path, headers)
            assert answer.status == status, (method, path, headers)
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Access-Control-Allow-Origin"] is None
        two_hosts = _ask_raw(served, b"POST /start HTTP/1.1\r\nHost: %s\r\nHost: evil.example\r\n\r\n")
        assert two_hosts.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
        assert served.get("/status").json()["status"] == "none"
        assert served.rows() == []


def _ask_raw(served: Served, request: bytes) -> bytes:
    address = urlsplit(served.base_url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
    connection.connect()
    try:
        connection.sock.sendall(request % address.netloc.encode())
        return bytes(connection.sock.recv(100))
    finally:
        connection.close()


STRANGER = """<!doctype html><title>A stranger</title>
<iframe name="into"></iframe>
<script>
const url = '{url}';
async function send(path, options) {{
  try {{ return (await fetch(url + path, options)).type; }} catch {{ return 'failed'; }}
}}
async function submit(path, enctype) {{
  const form = document.createElement('form');
  Object.assign(form, {{ method: 'post', target: 'into', action: url + path, enctype }});
  document.body.append(form);
  const done = new Promise((resolve) => document.querySelector('iframe').addEventListener('load', resolve));
  form.submit();
  await done;
}}
async function attack(path) {{
  const tried = [];
  for (const mode of ['no-cors', 'cors']) {{
    tried.push(await send(path, {{ method: 'POST', mode }}));
    tried.push(await send(path, {{ method: 'POST', mode, referrerPolicy: 'no-referrer', keepalive: true }}));
  }}
  navigator.sendBeacon(url + path, 'x');
  await submit(path, 'text/plain');
  await submit(path, 'application/x-www-form-urlencoded');
  return tried;
}}
(async () => {{
  const starts = await attack('/start');
  // The user starts one.
  const id = await (await fetch('/started')).text();
  const ends = await attack('/end/' + id);
  window.tried = [...starts, ...ends, await send('/status', {{ mode: 'cors' }})];
}})();
</script>"""


def test_strangers_page_can_neither_start_nor_end(
    serve_tavus: Start, tavus: StandIn, browse: Callable[..., dict[str, Any]]
) -> None:
    with serve_tavus() as served:

        def told(path: str) -> str:
            if path == "/started":
                return str(served.start()["conversation_id"])
            return STRANGER.format(url=served.base_url)

        with strangers_pages(told) as port:
            tried = "window.tried && window.tried.length === 9 && window.tried.includes('failed')"
            browse(f"http://127.0.0.1:{port}/", tried)
        # Had the page got one started before, this user's start would have been refused, and the page with it.
        assert len(tavus.creates) == 1
        assert served.get("/status").json()["conversation_id"] == tavus.active()[0].conversation_id
        # Two of each kind by fetch without CORS, two with it, one beacon and two forms; and one look.
        wait_for(lambda: served.log().count("a request was refused") >= 15, served.log)
        assert len(tavus.active()) == 1
