"""Where a model's file lies on a hub, and what may be asked of the name: the address, the local name, the checksum.

Hubs differ in the shape of their addresses. Hugging Face, and the mirrors that copy it, have
`HUB/REPO/resolve/main/FILE`; ModelScope has `HUB/models/REPO/resolve/master/FILE`; any other shape is written out with
{repo}, {revision} and {file}.
"""

import re
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, urlsplit

from tcmkit.errors import UsageError
from tcmkit.language import both

HUBS = {"hf": "https://huggingface.co", "modelscope": "https://modelscope.cn"}
"""Short names of hubs."""

_LIKE_HUGGING_FACE = ("/{repo}/resolve/{revision}/{file}", "main")
_LIKE_MODELSCOPE = ("/models/{repo}/resolve/{revision}/{file}", "master")
_MODELSCOPE_HOSTS = ("modelscope.cn", "modelscope.ai")
_PART = re.compile(r"[\w][\w.+=-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RemoteFile:
    """A file on a hub."""

    url: str
    name: str
    """What it is called here: one name, with no folder in it."""
    takes_key: bool
    """Whether HF_TOKEN is for this hub: a key of one company is not shown to another, nor sent in the clear."""


def locate(what: str, hub: str, revision: str | None = None) -> RemoteFile:
    """The file that REPO/FILE means on a hub (a short name, an address, or an address with {repo} {revision} {file}).

    Raises UsageError for a name that is none: what is fetched must stay in its folder.
    """
    parts = what.split("/")
    if len(parts) < 3 or not all(_PART.fullmatch(part) and ".." not in part for part in parts):
        raise UsageError(
            both(
                f"{what!r} names no file on a hub: write OWNER/REPO/FILE.gguf",
                f"{what!r} 不是模型站上的文件：请写成 所有者/仓库/文件.gguf",
            )
        )
    template, usual = _shape(HUBS.get(hub, hub))
    address = urlsplit(template)
    if address.scheme not in ("http", "https") or not address.hostname:
        known = ", ".join(HUBS)
        raise UsageError(
            both(
                f"--hub {hub}: write {known}, or an address https://HOST",
                f"--hub {hub}：请写 {known}，或地址 https://HOST",
            )
        )
    filled = {"repo": "/".join(parts[:2]), "file": "/".join(parts[2:]), "revision": revision or usual}
    url = re.sub(r"\{(repo|file|revision)\}", lambda place: quote(filled[place[1]], safe="/"), template)
    return RemoteFile(url, parts[-1], _takes_key(address.scheme, address.hostname))


def _shape(hub: str) -> tuple[str, str]:
    """The address with its places, and the usual revision."""
    if "{file}" in hub:
        return hub, "main"
    host = urlsplit(hub).hostname or ""
    path, revision = _LIKE_MODELSCOPE if _is_modelscope(host) else _LIKE_HUGGING_FACE
    return hub.rstrip("/") + path, revision


def _is_modelscope(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in _MODELSCOPE_HOSTS)


def _takes_key(scheme: str, host: str) -> bool:
    return not _is_modelscope(host) and (scheme == "https" or host in ("localhost", "127.0.0.1", "::1"))


_WITH_CHECKSUM = ("X-Linked-Etag", "X-Checksum-Sha256", "ETag")
"""Headers that may hold the SHA-256 of a file: of Hugging Face and ModelScope, of Artifactory, of plain mirrors."""


def checksum_in(headers: "Message | dict[str, str]") -> str | None:
    """The SHA-256 that a hub's headers state, in hexadecimal; None where they state none.

    >>> checksum_in({"ETag": 'W/"abc"'}) is None, checksum_in({"X-Linked-Etag": '"' + "0a" * 32 + '"'}) == "0a" * 32
    (True, True)
    """
    for name in _WITH_CHECKSUM:
        value = (headers.get(name) or "").removeprefix("W/").strip('"').lower().removeprefix("sha256:")
        if _SHA256.fullmatch(value):
            return value
    return None


def checked_sha256(text: str) -> str:
    """A checksum as a user writes it. Raises UsageError when it is none."""
    value = text.strip().lower().removeprefix("sha256:")
    if not _SHA256.fullmatch(value):
        raise UsageError(both("--sha256 is 64 hexadecimal digits", "--sha256 应为 64 位十六进制数"))
    return value
