"""Several servers for one model: requests go to the least busy, a dead one is set aside and tried again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tcmkit.errors import UsageError
from tcmkit.language import both

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_STRIKES = 3


def api_url(address: str) -> str:
    """The address of an API as its users write it, with the /v1 that a bare host leaves out.

    Raises UsageError for what is no http address.

    >>> api_url("http://localhost:8080"), api_url("https://host/api/v3/")
    ('http://localhost:8080/v1', 'https://host/api/v3')
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            both(
                f"--base-url {address}: write it as http://HOST:PORT/v1",
                f"--base-url {address}：请写成 http://HOST:PORT/v1",
            )
        )
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


@dataclass
class Server:
    """One address."""

    url: str
    busy: int = 0
    """Requests under way."""
    sent: int = 0
    """Requests ever sent."""
    strikes: int = 0
    """Times in a row that nothing answered."""
    back_at: float = 0.0
    """When it may be tried again, by the clock of the event loop."""
    answered: bool = False
    """Whether it has ever answered."""

    @property
    def shown(self) -> str:
        """The address without a name and password that stand in it.

        >>> Server("http://me:secret@host:8000/v1").shown
        'http://host:8000/v1'
        """
        scheme, _, rest = self.url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


class Servers:
    """The addresses of a run."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.all = [Server(api_url(url)) for url in dict.fromkeys(urls)]

    def choose(self) -> Server:
        """The least busy of those that are up, in turn; if none is, the one to be tried first."""
        now = asyncio.get_running_loop().time()
        up = [server for server in self.all if server.back_at <= now]
        return min(up, key=lambda s: (s.busy, s.sent)) if up else min(self.all, key=lambda s: s.back_at)

    def seconds_until(self, server: Server) -> float:
        """How long to wait before it is tried."""
        return max(0.0, server.back_at - asyncio.get_running_loop().time())

    def answered(self, server: Server) -> None:
        """It is up."""
        server.answered, server.strikes, server.back_at = True, 0, 0.0

    def failed(self, server: Server) -> None:
        """Nothing answered. Requests that failed together are one strike."""
        now = asyncio.get_running_loop().time()
        if server.back_at > now:
            return
        pause = min(_FIRST_PAUSE * 2**server.strikes, _LONGEST_PAUSE)
        server.strikes += 1
        server.back_at = now + pause

    def are_gone(self) -> bool:
        """Whether nothing has ever answered anywhere, tried several times."""
        return all(server.strikes >= _STRIKES and not server.answered for server in self.all)
