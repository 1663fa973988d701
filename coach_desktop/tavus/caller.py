"""One HTTP call to a Tavus-shaped API, over `requests`. Nothing here retries: who asks knows what is safe to repeat."""

from __future__ import annotations

import json
import logging
import string
import time
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

import requests
import urllib3
from pydantic import BaseModel, ValidationError

from coach_desktop import __version__
from coach_desktop.core.redact import REDACTOR
from coach_desktop.tavus import errors
from coach_desktop.tavus.deadline import DeadlineAdapter
from coach_desktop.tavus.errors import Asked
from coach_desktop.tavus.models import Conversation, ConversationList, ErrorBody

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 5.0
_READ_TIMEOUT_S = 30.0
_BODY_LIMIT = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_ERROR_TEXT_LIMIT = 500
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_JSON = {"Content-Type": "application/json"}
_KEY_CHARACTERS = frozenset(string.ascii_letters + string.digits + string.punctuation)
# These fail before anything goes out. An SSLError is none of them: a secure connection can also break after that.
_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

Model = TypeVar("Model", bound=BaseModel)


class Caller:
    """Sends requests to one API and reads its answers. Where that fails it raises a `TavusError` with plain words.

    `read_timeout_s` bounds an answer as a whole, from its first byte to its last. Use one client per thread. The log
    knows what was asked and how it went; key and meeting tokens are hidden from it.
    """

    def __init__(self, base_url: str, api_key: str, *, read_timeout_s: float = _READ_TIMEOUT_S) -> None:
        """Keep the base address (`.../v2`) and the key, which is hidden from every log from now on.

        Raises `KeyRefusedError` for a key that no HTTP field can carry; requests would quote it in its own error.
        """
        REDACTOR.add(api_key)
        if not api_key or not _KEY_CHARACTERS.issuperset(api_key):
            raise errors.KeyRefusedError(
                "The key holds characters that no key can have.",
                safe="Nothing was sent.",
                do="Copy the key again, without blanks and line breaks.",
            )
        self._base_url = base_url.rstrip("/")
        self._read_timeout_s = read_timeout_s
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter())
        # A proxy of the user's is for the network, not for a service on the same computer.
        self._session.trust_env = urlsplit(base_url).hostname not in _LOOPBACK
        # Any `auth` of our own, even one that adds nothing, keeps requests from sending a login from ~/.netrc.
        self._session.auth = _no_login
        self._session.headers.update({"x-api-key": api_key, "User-Agent": f"coach-desktop/{__version__}"})

    @property
    def address(self) -> str:
        """The base address, without a slash at its end."""
        return self._base_url

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @staticmethod
    def _one(resource: str, its_id: str) -> str:
        return f"/{resource}/{quote(its_id, safe='')}"

    def _listed(self, model: type[Model], path: str, page: int, limit: int, **filters: str | None) -> Model:
        params = {"limit": str(limit), "page": str(page)}
        params |= {name: value for name, value in filters.items() if value is not None}
        return self._parsed(model, self._call(Asked.READ, "GET", path, params=params))

    def _done(
        self,
        asked: Asked,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        content = self._call(asked, method, path, params=params, body=body)
        try:
            json.loads(content.strip() or b"{}")
        except (ValueError, RecursionError) as error:
            # A log-in page of some network also answers 200; taken for a yes, it would let a conversation run on.
            raise errors.unreadable(asked, f"neither empty nor JSON: {type(error).__name__}") from error

    def _call(
        self,
        asked: Asked,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> bytes:
        began = time.monotonic()
        outcome = "no answer"
        try:
            with self._sent(asked, method, path, params, body) as response:
                outcome = str(response.status_code)
                return self._content(asked, response)
        except errors.TavusError as error:
            outcome += f" ({type(error).__name__})"
            raise
        finally:
            taken_ms = (time.monotonic() - began) * 1000
            log.info("%s %s: %s, %.0f ms", method, REDACTOR.scrub(path), outcome, taken_ms)

    def _sent(
        self,
        asked: Asked,
        method: str,
        path: str,
        params: dict[str, str] | None,
        body: bytes | None,
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                self._base_url + path,
                params=params,
                data=body,
                headers=None if body is None else _JSON,
                timeout=(_CONNECT_TIMEOUT_S, self._read_timeout_s),
                allow_redirects=False,
                stream=True,
            )
        except _NEVER_SENT as error:
            raise errors.unreachable(asked, _told(error)) from error
        except requests.ConnectionError as error:
            raise (errors.unreachable if _is_refusal(error) else errors.no_answer)(asked, _told(error)) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise errors.no_answer(asked, _told(error)) from error

    def _content(self, asked: Asked, response: requests.Response) -> bytes:
        try:
            content = self._read(asked, response)
        except errors.TavusError:
            if response.status_code < 300:
                raise
            # The status alone says what went wrong.
            content = b""
        if response.status_code >= 300:
            raise errors.from_status(response.status_code, _error_text(content), asked)
        return content

    @staticmethod
    def _read(asked: Asked, response: requests.Response) -> bytes:
        content = bytearray()
        try:
            # read1 hands out what is there. Anything else may first fill a block larger than all we would take.
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                content += chunk
                if len(content) > _BODY_LIMIT:
                    raise errors.unreadable(asked, "the answer is larger than any conversation can be")
        except urllib3.exceptions.DecodeError as error:
            raise errors.unreadable(asked, str(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise errors.no_answer(asked, _told(error)) from error
        return bytes(content)

    @staticmethod
    def _parsed(model: type[Model], content: bytes, asked: Asked = Asked.READ) -> Model:
        try:
            parsed = model.model_validate_json(content)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors()[:5])
            # Not `from error`: it quotes what it was given, and that may hold half a meeting token.
            raise errors.unreadable(asked, REDACTOR.scrub(problems)[:_ERROR_TEXT_LIMIT]) from None
        for row in parsed.data if isinstance(parsed, ConversationList) else [parsed]:
            if isinstance(row, Conversation) and row.meeting_token:
                REDACTOR.add(row.meeting_token)
        return parsed


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _error_text(content: bytes) -> str:
    try:
        text = ErrorBody.model_validate(json.loads(content)).text()
    except (ValueError, RecursionError):
        text = content.decode("utf-8", "replace")
    # First scrubbed, then cut: half a secret at the cut would not be known as one.
    return REDACTOR.scrub(text)[:_ERROR_TEXT_LIMIT]


def _is_refusal(error: requests.ConnectionError) -> bool:
    # urllib3 names the phase only in its own exception: NewConnectionError means that no byte went out.
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _told(error: Exception) -> str:
    return REDACTOR.scrub(f"{type(error).__name__}: {error}")
