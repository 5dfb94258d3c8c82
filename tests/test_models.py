"""`tcm models`: what lies on this machine, and what an address serves."""

import json
import socket
from pathlib import Path

from tests.conftest import Ended, Run
from tests.fault_server import serving

GGUF = b"GGUF" + bytes(100)


def put(path: Path, content: bytes = GGUF) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def listed(tcm: Run, tmp_path: Path, *args: str, **env: str) -> Ended:
    kept_away = dict.fromkeys(("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "OLLAMA_MODELS"), "")
    return tcm("models", *args, env={**kept_away, "HOME": str(tmp_path / "home"), **env})


def test_every_folder_is_looked_into(tcm: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    put(tmp_path / "mine" / "a.gguf")
    put(tmp_path / "mine" / "fake.gguf", b"<html>not found</html>")
    put(tmp_path / "models" / "tuned" / "config.json", b"{}")
    put(tmp_path / "models" / "tuned" / "model.safetensors", bytes(3000))
    put(home / ".local/share/tcmkit/models/b.gguf")
    snapshot = home / ".cache/huggingface/hub/models--lab--tiny-zh/snapshots/abc"
    put(snapshot / "config.json", b"{}")
    put(snapshot / "model.safetensors", bytes(2 << 20))
    put(home / ".cache/huggingface/hub/models--lab--only-config/snapshots/abc/config.json", b"{}")
    blob = put(home / ".ollama/models/blobs/sha256-00ff")
    layers = [
        {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:00ff"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:/../../../../mine/a.gguf"},
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:aa"},
    ]
    manifests = home / ".ollama/models/manifests/registry.ollama.ai/library"
    put(manifests / "qwen/0.5b", json.dumps({"layers": layers}).encode())
    put(manifests / "broken/latest", b"not json")
    studio = put(home / ".lmstudio/models/lab/repo/c.gguf")
    found = json.loads(listed(tcm, tmp_path, "--json", TCM_MODELS=str(tmp_path / "mine")).out)
    assert found == [
        {"spec": f"gguf:{tmp_path}/mine/a.gguf", "size": 104, "where": "tcmkit"},
        {"spec": "hf:models/tuned", "size": 3000, "where": "tcmkit"},
        {"spec": f"gguf:{home}/.local/share/tcmkit/models/b.gguf", "size": 104, "where": "tcmkit"},
        {"spec": "hf:lab/tiny-zh", "size": 2 << 20, "where": "huggingface"},
        {"spec": f"gguf:{blob}", "size": 104, "where": "ollama qwen:0.5b"},
        {"spec": f"gguf:{studio}", "size": 104, "where": "lmstudio"},
    ]
    table = listed(tcm, tmp_path).out.decode().splitlines()
    assert table[0].split() == ["model", "size", "kept", "by"]
    assert table[1].split() == ["hf:models/tuned", "2.9", "KiB", "tcmkit"]
    assert len(table) == 6


def test_a_machine_without_models(tcm: Run, tmp_path: Path) -> None:
    done = listed(tcm, tmp_path)
    assert (done.status, done.err) == (0, "")
    assert done.out.decode() == "no models found: fetch one with  tcm models pull OWNER/REPO/FILE.gguf\n"
    chinese = listed(tcm, tmp_path, "--lang", "zh").out.decode()
    assert chinese == "没有找到模型：可用  tcm models pull 所有者/仓库/文件.gguf  下载\n"


def test_what_addresses_serve(tcm: Run) -> None:
    with serving(models=("qwen", "tiny\x1b[2J")) as one, serving(models=()) as two:
        done = tcm("models", "--base-url", one.url.removesuffix("/v1"), "--base-url", two.url)
    assert (done.status, done.err) == (0, "")
    assert [line.split() for line in done.out.decode().splitlines()] == [
        ["model", "address"],
        ["openai:qwen", one.url],
        ["openai:tiny?[2J", one.url],
        [f"{two.url}:", "no", "models"],
    ]


def test_an_address_that_does_not_answer_hides_no_other(tcm: Run) -> None:
    with socket.socket() as silent, serving() as up:
        silent.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        urls = ("--base-url", gone, "--base-url", up.url)
        done = tcm("models", *urls)
        found = json.loads(tcm("models", "--json", *urls).out)
    said = f"nothing answers at {gone} (Connection refused): start the server, or correct --base-url"
    assert (done.status, done.err) == (1, f"tcm models: {said}\n")
    assert f"openai:tiny  {up.url}\n" in done.out.decode()
    assert found == [
        {"base_url": gone, "models": [], "error": said},
        {"base_url": up.url, "models": ["tiny"], "error": ""},
    ]


def test_an_address_that_is_something_else(tcm: Run) -> None:
    with serving() as server:
        done = tcm("models", "--base-url", f"{server.url}/v2")
    said = f"no OpenAI-compatible API at {server.url}/v2 (404): correct --base-url; most addresses end in /v1"
    assert (done.status, done.err) == (1, f"tcm models: {said}\n")


def test_an_address_that_is_none(tcm: Run) -> None:
    done = tcm("models", "--base-url", "ftp://host")
    assert (done.status, done.err) == (2, "tcm: --base-url ftp://host: write it as http://HOST:PORT/v1\n")
