"""The HTTP client for conversations, over `requests`. Nothing here retries: the caller knows what is safe to repeat."""

from __future__ import annotations

import json
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
from coach_desktop.tavus.models import Conversation, ConversationList, CreateConversation, ErrorBody

_CONNECT_TIMEOUT_S = 5.0
_READ_TIMEOUT_S = 30.0
_BODY_LIMIT = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_ERROR_TEXT_LIMIT = 500
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_KEY_CHARACTERS = frozenset(string.ascii_letters + string.digits + string.punctuation)
# These fail before anything goes out.
_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

Model = TypeVar("Model", bound=BaseModel)


class TavusClient:
    """Calls one Tavus-shaped API. Every method raises a `TavusError` with plain words where it fails.

    `read_timeout_s` bounds the wait for an answer and the reading of its body, each. Use one client per thread.
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
        # A proxy of the user's is for the network, not for a service on the same computer.
        self._session.trust_env = urlsplit(base_url).hostname not in _LOOPBACK
        # Any `auth` of our own, even one that adds nothing, keeps requests from sending a login from ~/.netrc.
        self._session.auth = _no_login
        self._session.headers.update({"x-api-key": api_key, "User-Agent": f"coach-desktop/{__version__}"})

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

    def create_conversation(self, request: CreateConversation) -> Conversation:
        """Create a conversation. Sent once, and not idempotent.

        After `UnknownOutcomeError` and `ServerFaultError` it may exist: look for its name, never just call again.
        """
        body = request.model_dump(mode="json", exclude_none=True)
        return self._parsed(Conversation, self._call("POST", "/conversations", body=body))

    def get_conversation(self, conversation_id: str, *, verbose: bool = False) -> Conversation:
        """Return one conversation, with its events where `verbose`."""
        params = {"verbose": "true"} if verbose else {}
        return self._parsed(Conversation, self._call("GET", self._path(conversation_id), params=params))

    def list_conversations(self, *, status: str | None = None, page: int = 1, limit: int = 100) -> ConversationList:
        """Return one page (from 1) of the account's conversations."""
        params = {"limit": str(limit), "page": str(page)} | ({"status": status} if status else {})
        return self._parsed(ConversationList, self._call("GET", "/conversations", params=params))

    def end_conversation(self, conversation_id: str) -> None:
        """End a conversation. Ending one that has ended is no error."""
        try:
            self._call("POST", f"{self._path(conversation_id)}/end")
        except errors.BadRequestError:
            # What the API says to a second end is not documented; what it says about the conversation is.
            if self.get_conversation(conversation_id).status != "ended":
                raise

    @staticmethod
    def _path(conversation_id: str) -> str:
        return f"/conversations/{quote(conversation_id, safe='')}"

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: dict[str, object] | None = None,
    ) -> bytes:
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                params=params,
                json=body,
                timeout=(_CONNECT_TIMEOUT_S, self._read_timeout_s),
                allow_redirects=False,
                stream=True,
            )
        except _NEVER_SENT as error:
            raise _unreachable(error) from error
        except requests.ConnectionError as error:
            raise (_unreachable(error) if _is_refusal(error) else _unknown(error)) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _unknown(error) from error
        with response:
            try:
                content = self._read(response)
            except errors.TavusError:
                if response.status_code < 300:
                    raise
                # The status alone says what went wrong.
                content = b""
        if response.status_code >= 300:
            raise errors.from_status(response.status_code, _error_text(content))
        return content

    def _read(self, response: requests.Response) -> bytes:
        content = bytearray()
        deadline = time.monotonic() + self._read_timeout_s
        try:
            # read1 hands out what is there. Anything else waits until a whole block is filled, and a slow drip of
            # bytes, each within the read time-out, would hold us for ever.
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                content += chunk
                if len(content) > _BODY_LIMIT:
                    raise _unreadable("the answer is larger than any conversation can be")
                if time.monotonic() > deadline:
                    raise _unknown(TimeoutError("the body did not arrive in time"))
        except urllib3.exceptions.DecodeError as error:
            raise _unreadable(str(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise _unknown(error) from error
        return bytes(content)

    @staticmethod
    def _parsed(model: type[Model], content: bytes) -> Model:
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors()[:5])
            raise _unreadable(problems) from error


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
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)


def _unreachable(error: Exception) -> errors.UnreachableError:
    return errors.UnreachableError(
        "The service cannot be reached.",
        safe="Nothing was started.",
        do="Check the network, or practise with the local coach, which needs none.",
        details=REDACTOR.scrub(f"{type(error).__name__}: {error}"),
    )


def _unknown(error: Exception) -> errors.UnknownOutcomeError:
    return errors.UnknownOutcomeError(
        "The service did not answer in time, so it is not known whether it did what was asked.",
        safe="Nothing is asked twice.",
        do="Try again in a moment.",
        details=REDACTOR.scrub(f"{type(error).__name__}: {error}"),
    )


def _unreadable(problem: str) -> errors.ServerFaultError:
    return errors.ServerFaultError(
        "The service gave an answer that cannot be read.",
        safe="Nothing of yours is lost.",
        do="Try again in a few minutes.",
        details=problem,
    )
