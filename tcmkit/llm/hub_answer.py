"""One answer of a hub to the request for a file, or for the rest of one."""

import http.client
import io
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPMessage
from typing import IO
from urllib.parse import urlsplit

from tcmkit.errors import InputError
from tcmkit.language import both
from tcmkit.llm.hub import RemoteFile, checksum_in

NO_PART = -1
"""In place of where the bytes begin: the file has no such part."""

_BLOCK = 1 << 20
_TIMEOUT = 60.0
_NOTHING = io.BytesIO()


class Broken(Exception):
    """The transfer broke off, and may go better later; what came before is kept."""


@dataclass(frozen=True)
class Answer:
    """What a hub sends."""

    body: IO[bytes]
    starts_at: int
    """Where in the file its bytes begin: a server may not know how to send a part."""
    total: int | None
    """Size of the whole file, where the hub says it."""
    sha256: str | None
    """Checksum of the whole file, where the hub says it."""
    validator: str
    """The server's mark of this version: an entity tag or a date; empty if it has none."""

    def blocks(self) -> Iterator[bytes]:
        """The bytes as they come. Raises Broken."""
        while block := self._block():
            yield block

    def _block(self) -> bytes:
        try:
            return self.body.read(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise Broken(_why(error)) from None


@contextmanager
def ask(remote: RemoteFile, start: int = 0, validator: str = "", head_only: bool = False) -> Iterator[Answer]:
    """The file from a byte on; from its beginning where it is no longer the version that `validator` marks.

    Raises InputError when the hub will not give it, Broken when it may later.
    """
    request = urllib.request.Request(remote.url, method="HEAD" if head_only else "GET")
    request.add_header("Accept-Encoding", "identity")
    request.add_header("User-Agent", "tcmkit")
    if start:
        request.add_header("Range", f"bytes={start}-")
        if validator:
            request.add_header("If-Range", validator)
    if remote.takes_key and (key := os.environ.get("HF_TOKEN")):
        request.add_header("Authorization", f"Bearer {key}")
    redirects = _Redirects()
    try:
        response = urllib.request.build_opener(redirects).open(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:  # all of it is here, or it is not the same file
                all_here = _total(error.headers) == start
                yield Answer(_NOTHING, start if all_here else NO_PART, start, redirects.sha256, validator)
                return
            raise _refused(remote, error.code) from None
    except urllib.error.URLError as error:
        raise _out_of_reach(remote, error.reason, start) from None
    except (OSError, http.client.HTTPException) as error:
        raise Broken(_why(error)) from None
    with response:
        yield _answer(response, redirects.sha256)


def _answer(response: http.client.HTTPResponse, sha256: str | None) -> Answer:
    headers = response.headers
    starts_at = 0
    length = headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    if response.status == 206:
        place = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
        if place is None:
            raise Broken("Content-Range")
        starts_at, total = int(place[1]), _total(headers)
    tag = headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
    return Answer(response, starts_at, total, sha256 or checksum_in(headers), validator)


def _total(headers: Message) -> int | None:
    total = (headers.get("Content-Range") or "").rpartition("/")[2]
    return int(total) if total.isdigit() else None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, reads the checksum that the hub states before it sends us on, and keeps the key at the hub."""

    def __init__(self) -> None:
        self.sha256: str | None = None

    def redirect_request(  # noqa: PLR0913, PLR0917 - as urllib calls it
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """The next request. Raises InputError for an address that is not as safe as the one before."""
        self.sha256 = self.sha256 or checksum_in(headers)
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in ("http", "https") or (old.scheme, new.scheme) == ("https", "http"):
            raise InputError(
                both(
                    f"{req.full_url} leads to an unsafe address: choose another --hub",
                    f"{req.full_url} 转向不安全的地址：请更换 --hub",
                )
            )
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following and (old.scheme, old.netloc) != (new.scheme, new.netloc):
            following.remove_header("Authorization")
        return following


def _refused(remote: RemoteFile, status: int) -> Exception:
    if status in (408, 425, 429) or status >= 500:
        return Broken(f"HTTP {status}")
    if status in (401, 403):
        return InputError(
            both(
                f"{remote.url}: HTTP {status}; set HF_TOKEN, and accept the model's terms on its page",
                f"{remote.url}：HTTP {status}；请设置 HF_TOKEN，并在模型页面接受其条款",
            )
        )
    return InputError(
        both(
            f"{remote.url}: HTTP {status}; check OWNER/REPO/FILE, --revision and --hub",
            f"{remote.url}：HTTP {status}；请检查 所有者/仓库/文件、--revision 与 --hub",
        )
    )


def _out_of_reach(remote: RemoteFile, reason: object, start: int) -> Exception:
    host = urlsplit(remote.url).netloc
    why = _why(reason) if isinstance(reason, Exception) else str(reason)
    said = both(f"{host} does not answer ({why})", f"{host} 没有应答（{why}）")
    return Broken(said) if start else InputError(said + both(": choose another --hub", "：请更换 --hub"))


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
