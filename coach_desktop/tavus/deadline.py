"""An HTTP adapter whose read time-out bounds an answer as a whole, head and body.

`requests` bounds the wait for each piece: a server that sends one byte at a time would hold a caller for ever.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import TYPE_CHECKING

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3.poolmanager import ProxyManager


class DeadlineAdapter(HTTPAdapter):
    """Sends as its base does. Each answer has to be complete within the read time-out of its request."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        """Let the pools make connections that know a deadline."""
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: object) -> ProxyManager:
        """Do so for a proxy's pools too."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        # Pools of a SOCKS proxy know the way through it; ours would go past it.
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def close(self) -> None:
        """Close every connection now. The base leaves that to the garbage, and an error that is kept keeps them."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - this container can be asked for its keys only
                manager.pools[key].close()
        super().close()


class _UntilDeadline(io.RawIOBase):
    """Reads from a socket; each read may take as long as is left."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._connection = connection
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not complete in time")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        seconds = sock.gettimeout()
        if seconds is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_UntilDeadline(raw, sock, seconds))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        # Where it fails here nothing was sent; the same error later, on the way back, comes after a request.
        try:
            super().connect()
        except ssl.SSLError as error:
            raise NewConnectionError(self, f"no secure connection: {error}") from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}
