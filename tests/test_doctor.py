"""`tcm doctor`: what is installed, what is missing, what is in the way."""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tcmkit import __version__
from tests.conftest import Run


def doctor(tcm: Run, *args: str, **more: Any) -> dict[str, Any]:
    ended = tcm("doctor", "--json", *args, **more)
    assert ended.err == ""
    report: dict[str, Any] = json.loads(ended.out)
    assert report["sound"] == (ended.status == 0)
    return report


def test_versions_and_extras(tcm: Run) -> None:
    report = doctor(tcm)
    assert report["tcmkit"] == __version__
    assert report["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"orjson", "typer", "numpy", "pypdf"} <= set(report["packages"])
    assert all(report["packages"].values())
    assert report["engines"] == {"rules": "ok"}
    assert "dev" not in report["extras"]
    assert all(len(set(names)) == len(names) for names in report["extras"].values())
    assert report["cores"] >= 1


def test_for_people_in_both_languages(tcm: Run, tmp_path: Path) -> None:
    english = tcm("doctor", env={"PATH": str(tmp_path)})
    assert english.status == 0
    lines = english.out.decode().splitlines()
    assert lines[0].startswith(f"tcmkit {__version__}, Python 3.")
    assert "- no GPU found" in lines
    assert "✓ rules: ok" in lines
    assert lines[-1] == "- tcm is not on PATH"
    chinese = tcm("doctor", "--lang", "zh", env={"PATH": str(tmp_path)}).out.decode()
    assert "- 未发现 GPU" in chinese
    assert chinese.endswith("- tcm 不在 PATH 中\n")


class Answers(BaseHTTPRequestHandler):
    """An OpenAI-compatible server, as far as a doctor looks."""

    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == "Bearer key"
        self.send_response(404 if self.path != "/v1/models" else 200 if allowed else 401)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/v1"
        httpd.shutdown()
        thread.join()


def test_a_server_that_answers(tcm: Run, server: str) -> None:
    env = {"OPENAI_API_KEY": "key"}
    assert doctor(tcm, "--base-url", f"{server}/", env=env)["engines"] == {"rules": "ok", f"{server}/": "ok"}
    assert doctor(tcm, env={**env, "OPENAI_BASE_URL": server})["engines"][server] == "ok"


def test_a_server_that_refuses(tcm: Run, server: str) -> None:
    refused = tcm("doctor", "--base-url", server, env={"OPENAI_API_KEY": "secret-key"})
    assert f"✗ {server}: HTTP 401" in refused.out.decode().splitlines()
    assert refused.status == 0  # the base package works
    assert b"secret-key" not in refused.out


def test_addresses_that_cannot_be_reached(tcm: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    assert doctor(tcm, "--base-url", closed)["engines"][closed] == "Connection refused"
    assert doctor(tcm, "--base-url", "ftp://x")["engines"]["ftp://x"] == "not an http address"
    assert (
        doctor(tcm, "--base-url", "file:///etc/passwd", "--lang", "zh")["engines"]["file:///etc/passwd"]
        == "不是 http 地址"
    )


def test_an_address_or_an_answer_that_makes_no_sense(tcm: Run) -> None:
    spaced = "http://127.0.0.1/a b"
    assert doctor(tcm, "--base-url", spaced)["engines"][spaced].startswith("URL can't contain control characters")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def talk_nonsense() -> None:
            talking, _ = listening.accept()
            with talking:
                talking.recv(1000)
                talking.sendall(b"SSH-2.0-nonsense\r\n")

        thread = threading.Thread(target=talk_nonsense)
        thread.start()
        assert doctor(tcm, "--base-url", address)["engines"][address] not in ("ok", "")
        thread.join()


def script(folder: Path, content: str, name: str = "tcm") -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content)
    path.chmod(0o755)
    return str(path)


OURS = "#!/usr/bin/python3\nfrom tcmkit.cli import main\nmain()\n"
THEIRS = "#!/usr/bin/python3\nfrom tcm.main import cli\ncli()\n"


def test_another_tcm_on_the_path(tcm: Run, tmp_path: Path) -> None:
    theirs, ours = script(tmp_path / "theirs", THEIRS), script(tmp_path / "ours", OURS)
    (tmp_path / "theirs" / "folder").mkdir()
    first_theirs = {"PATH": f"{tmp_path}/theirs:{tmp_path}/ours:{tmp_path}/nowhere:{tmp_path}/ours"}
    report = doctor(tcm, env=first_theirs)
    assert (report["commands"], report["clash"]) == ([theirs, ours], theirs)
    told = tcm("doctor", env=first_theirs).out.decode().splitlines()[-1]
    assert told == f"✗ {theirs} is another program named tcm and comes first on PATH: use  tcmkit  instead"
    report = doctor(tcm, env={"PATH": f"{tmp_path}/ours:{tmp_path}/theirs"})
    assert (report["commands"], report["clash"]) == ([ours, theirs], None)


def test_a_graphics_card_by_its_drivers_tool(tcm: Run, tmp_path: Path) -> None:
    script(tmp_path / "bin", "#!/bin/sh\necho 'Card A, 24564 MiB'\necho 'Card B, 8192 MiB'\n", "nvidia-smi")
    assert doctor(tcm, env={"PATH": str(tmp_path / "bin")})["gpus"] == ["Card A, 24564 MiB", "Card B, 8192 MiB"]
    script(tmp_path / "bin", "#!/bin/sh\nexit 9\n", "nvidia-smi")
    assert doctor(tcm, env={"PATH": str(tmp_path / "bin")})["gpus"] == []
