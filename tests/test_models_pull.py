"""`tcm models pull` against a hub on this machine that breaks off, changes, redirects and lies."""

import hashlib
import os
import resource
import socket
import stat
from pathlib import Path

import pytest

from tcmkit.errors import InputError, UsageError
from tcmkit.llm.fetch import Fetch
from tcmkit.llm.hub import locate
from tests.conftest import Ended, Run
from tests.hub_server import Hub, hub_with, quoted_sha256

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
LINKED = quoted_sha256(CONTENT)
NAME = "lab/small/small.gguf"


def pull(tcm: Run, hub: Hub, *more: str, **env: str) -> Ended:
    return tcm("models", "pull", NAME, "--hub", hub.url, "--to", "models", *more, env=env)


def files(tmp_path: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted((tmp_path / "models").glob("*"))}


def test_a_whole_file_is_verified_and_named(tcm: Run, tmp_path: Path) -> None:
    with hub_with(CONTENT, linked=LINKED) as hub:
        done = pull(tcm, hub)
        again = pull(tcm, hub)
    assert (done.status, done.out, done.err) == (0, b"models/small.gguf\n", "")
    assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT
    assert (again.status, again.out, again.err) == (0, done.out, "")
    assert [(method, path) for method, path, _ in hub.asked] == [
        ("GET", "/lab/small/resolve/main/small.gguf"),
        ("HEAD", "/lab/small/resolve/main/small.gguf"),
    ]


def test_it_has_the_owners_umask(tcm: Run, tmp_path: Path) -> None:
    with hub_with(CONTENT, linked=LINKED) as hub:
        command = ("models", "pull", NAME, "--hub", hub.url, "--to", "models")
        assert tcm(*command, preexec_fn=lambda: os.umask(0o027)).status == 0
    assert stat.S_IMODE((tmp_path / "models/small.gguf").stat().st_mode) == 0o640


def test_a_cut_is_resumed_within_the_run(tmp_path: Path) -> None:
    with hub_with(CONTENT, etag=LINKED, cuts=[100_000, 150_000]) as hub:
        done = Fetch(locate(NAME, hub.url), tmp_path / "models", pause=0.01).run()
    assert (done.size, done.sha256, done.verified, done.was_there) == (len(CONTENT), SHA256, True, False)
    assert [headers.get("Range") for _, _, headers in hub.asked] == [None, "bytes=100000-", "bytes=250000-"]
    assert files(tmp_path) == {"small.gguf": len(CONTENT)}


@pytest.mark.parametrize("how", [{"linked": LINKED}, {"etag": '"version-1"'}], ids=["checksum", "entity tag"])
def test_a_later_run_goes_on_where_it_stopped(tcm: Run, tmp_path: Path, how: dict[str, str]) -> None:
    with hub_with(CONTENT, cuts=[200_000], **how) as hub:
        hub.statuses = []
        fetch = Fetch(locate(NAME, hub.url), tmp_path / "models", pause=0.01)
        with pytest.raises(InputError, match="HTTP 404"):
            cut_then_gone(hub, fetch)
        assert files(tmp_path)["small.gguf.part"] == 200_000
        done = pull(tcm, hub)
    assert done.status == 0
    assert hub.asked[-1][2]["Range"] == "bytes=200000-"
    assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT
    assert list(files(tmp_path)) == ["small.gguf"]
    assert ("states no checksum" in done.err) == ("etag" in how)


def cut_then_gone(hub: Hub, fetch: Fetch) -> None:
    """The first answer breaks off, the second says 404."""

    def gone(done: int, total: int | None) -> None:
        hub.statuses = [404]

    fetch.progress = gone
    fetch.run()


def test_a_file_that_changed_is_begun_anew(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/small.gguf.part").write_bytes(b"old" * 1000)
    for tag in (f"sha256:{'0' * 64}", '"version-0"', ""):
        (tmp_path / "models/small.gguf.part.tag").write_text(tag)
        (tmp_path / "models/small.gguf.part").write_bytes(b"old" * 1000)
        with hub_with(CONTENT, linked=LINKED, etag='"version-1"') as hub:
            assert pull(tcm, hub).status == 0
        assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT
        (tmp_path / "models/small.gguf").unlink()


def test_a_part_that_is_complete_or_too_long(tcm: Run, tmp_path: Path) -> None:
    part = tmp_path / "models/small.gguf.part"
    part.parent.mkdir()
    for extra in (b"", b"more"):
        part.write_bytes(CONTENT + extra)
        with hub_with(CONTENT, linked=LINKED) as hub:
            assert pull(tcm, hub, "--sha256", SHA256).status == 0
        assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT
        (tmp_path / "models/small.gguf").unlink()


def test_a_server_that_ignores_ranges(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/small.gguf.part").write_bytes(CONTENT[:1000])
    with hub_with(CONTENT, linked=LINKED, ranges=False) as hub:
        assert pull(tcm, hub, "--sha256", SHA256).status == 0
    assert hub.asked[-1][2]["Range"] == "bytes=1000-"
    assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(tcm: Run, tmp_path: Path) -> None:
    with hub_with(CONTENT, linked=quoted_sha256(b"other")) as hub:
        done = pull(tcm, hub)
    assert done.status == 1
    assert done.err == (
        f"tcm: {hub.url}/lab/small/resolve/main/small.gguf: the checksum is wrong (sha256 {SHA256}, expected "
        f"{hashlib.sha256(b'other').hexdigest()}); what came was deleted: run again, or choose another --hub\n"
    )
    assert files(tmp_path) == {}


def test_what_the_user_says_counts_before_the_hub(tcm: Run, tmp_path: Path) -> None:
    with hub_with(CONTENT, linked=LINKED) as hub:
        assert pull(tcm, hub, "--sha256", "0" * 64).status == 1
    with hub_with(CONTENT, linked=quoted_sha256(b"other")) as hub:
        assert pull(tcm, hub, "--sha256", SHA256.upper()).status == 0
        assert pull(tcm, hub, "--sha256", "12").status == 2


def test_nothing_to_compare_with_is_said(tcm: Run) -> None:
    with hub_with(CONTENT) as hub:
        done = pull(tcm, hub)
    assert done.status == 0
    assert done.err == f"tcm models pull: the hub states no checksum, so nothing was compared; sha256 {SHA256}\n"


def test_another_file_of_that_name_is_kept(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/small.gguf").write_bytes(b"mine")
    with hub_with(CONTENT, linked=LINKED) as hub:
        done = pull(tcm, hub)
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert done.err.startswith("tcm: models/small.gguf is another file (sha256 ")
    assert (tmp_path / "models/small.gguf").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "HTTP 404; check OWNER/REPO/FILE, --revision and --hub"), (401, "HTTP 401; set HF_TOKEN, and accept")],
)
def test_a_hub_that_says_no(tcm: Run, tmp_path: Path, status: int, said: str) -> None:
    with hub_with(CONTENT, statuses=[status]) as hub:
        done = pull(tcm, hub)
    assert (done.status, done.out, done.err.count("\n")) == (1, b"", 1)
    assert said in done.err
    assert files(tmp_path) == {}


def test_a_hub_that_is_busy_is_asked_again(tmp_path: Path) -> None:
    with hub_with(CONTENT, linked=LINKED, statuses=[503, 429]) as hub:
        assert Fetch(locate(NAME, hub.url), tmp_path, pause=0.01).run().verified
    with hub_with(CONTENT, statuses=[503] * 9) as hub, pytest.raises(InputError, match=r"HTTP 503; run again"):
        Fetch(locate(NAME, hub.url), tmp_path / "other", pause=0.01).run()
    assert len(hub.asked) == 5


def test_no_hub_at_all(tcm: Run, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    done = tcm("models", "pull", NAME, "--hub", f"http://{address}", "--to", "models")
    assert (done.status, done.err) == (
        1,
        f"tcm: {address} does not answer (Connection refused): choose another --hub\n",
    )


def test_the_key_goes_to_the_hub_and_not_along_a_redirect(tcm: Run, tmp_path: Path) -> None:
    with hub_with(CONTENT) as store, hub_with(b"", to=store.url, linked=LINKED) as hub:
        done = pull(tcm, hub, HF_TOKEN="secret")
    assert (done.status, done.err) == (0, "")  # the checksum stood in the redirect
    assert hub.asked[0][2]["Authorization"] == "Bearer secret"
    assert "Authorization" not in store.asked[0][2]
    assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT


def test_a_redirect_to_what_is_no_web_address(tcm: Run) -> None:
    with hub_with(b"", to="ftp://127.0.0.1:1") as hub:
        done = pull(tcm, hub)
    assert done.status == 1
    assert "leads to an unsafe address" in done.err
    assert "Traceback" not in done.err


def test_a_disk_that_takes_no_more(tcm: Run, tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    with hub_with(CONTENT, linked=LINKED) as hub:
        full = tcm("models", "pull", NAME, "--hub", hub.url, "--to", "models", preexec_fn=small_files)
        assert full.status == 1
        assert full.err.startswith("tcm: cannot write models/small.gguf.part: File too large; free space or name ")
        assert full.err.count("\n") == 1
        assert files(tmp_path)["small.gguf.part"] == 100_000
        assert pull(tcm, hub).status == 0
    assert hub.asked[-1][2]["Range"] == "bytes=100000-"
    assert (tmp_path / "models/small.gguf").read_bytes() == CONTENT


def test_modelscope_has_addresses_of_its_own() -> None:
    assert locate(NAME, "hf").url == "https://huggingface.co/lab/small/resolve/main/small.gguf"
    there = locate(NAME, "modelscope")
    assert there.url == "https://modelscope.cn/models/lab/small/resolve/master/small.gguf"
    assert (there.takes_key, locate(NAME, "hf").takes_key, locate(NAME, "http://mirror").takes_key) == (
        False,
        True,
        False,
    )
    assert locate(NAME, "https://www.modelscope.cn/", "v1").url.endswith("/models/lab/small/resolve/v1/small.gguf")
    assert locate(NAME, "https://mirror/hf").url == "https://mirror/hf/lab/small/resolve/main/small.gguf"
    own = locate("lab/small/q4/small.gguf", "https://mirror/{repo}/raw?rev={revision}&path={file}", "a b")
    assert (own.url, own.name) == ("https://mirror/lab/small/raw?rev=a%20b&path=q4/small.gguf", "small.gguf")


@pytest.mark.parametrize(
    "name",
    [
        *("small.gguf", "lab/small.gguf", "/etc/lab/small.gguf", "lab/small/..", "lab/../small.gguf", "../../x/y"),
        *("lab/small/", "lab/small/.bashrc", "lab/small/a\\b", "lab/small/a b", "lab/small/C:x", "lab/small/a\0b"),
        *("lab/small/a\n", "lab/small/-x", "lab/small/a..b", "lab//small/x", "实验/模型/x.gguf"),
    ],
)
def test_names_that_would_leave_the_folder(name: str) -> None:
    with pytest.raises(UsageError):
        locate(name, "hf")


@pytest.mark.parametrize("hub", ["ftp://x", "file:///etc", "nowhere", "", "javascript:{file}"])
def test_hubs_that_are_none(hub: str) -> None:
    with pytest.raises(UsageError):
        locate(NAME, hub)
