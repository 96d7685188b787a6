from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save

from inspector.engine.backbones import load_backbone
from inspector.engine.download import download_weights
from inspector.engine.weights import resolve_weights
from inspector.errors import InspectorError

REPOSITORY = "timm/test_resnet.r160_in1k"
BACKBONE = "test_resnet.r160_in1k"
FILE = f"/{REPOSITORY}/resolve/main/model.safetensors"
BODY = bytes(range(256)) * (5 << 12)  # 5 MiB: several chunks

Answer = Callable[[BaseHTTPRequestHandler], None]


class Hub:
    """A hub of one file on this machine; `answer` decides what it sends."""

    def __init__(self) -> None:
        self.answer: Answer = whole(BODY)
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.asked.append(self.path)
                hub.answer(self)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def whole(body: bytes) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        with contextlib.suppress(ConnectionError):  # of a client that cancelled
            request.wfile.write(body)

    return answer


def broken_off(request: BaseHTTPRequestHandler) -> None:
    """Promises one byte more than it sends."""
    request.send_response(200)
    request.send_header("Content-Length", str(len(BODY) + 1))
    request.end_headers()
    request.wfile.write(BODY)


def broken_off_between_chunks(request: BaseHTTPRequestHandler) -> None:
    """Says no length, and ends in the middle of a chunk."""
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"10\r\n" + b"x" * 5)


def absent(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


def redirected(request: BaseHTTPRequestHandler) -> None:
    """As the real hub does: the file itself lies elsewhere."""
    if request.path == FILE:
        request.send_response(302)
        request.send_header("Location", "/storage/0123")
        request.send_header("Content-Length", "0")
        request.end_headers()
    else:
        whole(BODY)(request)


@pytest.fixture
def hub(weights_place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    started = Hub()
    monkeypatch.setenv("HF_ENDPOINT", started.address)
    yield started
    started.stop()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "weights.safetensors"


def left_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def test_a_download_is_complete_and_tells_how_far_it_is(hub: Hub, target: Path) -> None:
    seen: list[tuple[int, int]] = []
    download_weights(REPOSITORY, target, lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == BODY
    assert left_in(target.parent) == [target.name]
    assert hub.asked == [FILE]
    done = [count for count, _ in seen]
    assert len(seen) > 1
    assert done == sorted(done)
    assert seen[-1] == (len(BODY), len(BODY))
    assert {total for _, total in seen} == {len(BODY)}


def test_a_download_follows_the_hubs_redirections(hub: Hub, target: Path) -> None:
    hub.answer = redirected
    download_weights(REPOSITORY, target)
    assert target.read_bytes() == BODY


def test_a_download_replaces_what_was_there(hub: Hub, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"old")
    download_weights(REPOSITORY, target)
    assert target.read_bytes() == BODY


def test_cancelling_leaves_nothing_behind(hub: Hub, target: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        download_weights(REPOSITORY, target, cancel)
    assert left_in(target.parent) == []


@pytest.mark.parametrize("answer", [absent, broken_off, broken_off_between_chunks])
def test_a_failed_download_leaves_nothing_behind(hub: Hub, target: Path, answer: Answer) -> None:
    hub.answer = answer
    with pytest.raises(OSError):
        download_weights(REPOSITORY, target)
    assert left_in(target.parent) == []


@pytest.mark.parametrize("answer", [absent, broken_off])
def test_a_failed_download_does_not_harm_what_was_there(
    hub: Hub, target: Path, answer: Answer
) -> None:
    hub.answer = answer
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(OSError):
        download_weights(REPOSITORY, target)
    assert target.read_bytes() == b"old"
    assert left_in(target.parent) == [target.name]


@pytest.mark.parametrize("answer", [absent, broken_off, broken_off_between_chunks])
def test_the_user_is_told_what_to_fetch_instead(
    hub: Hub, weights_place: Path, answer: Answer
) -> None:
    hub.answer = answer
    with pytest.raises(InspectorError, match="could not be downloaded") as caught:
        resolve_weights(BACKBONE)
    assert REPOSITORY in caught.value.hint
    assert str(weights_place / f"{BACKBONE}.safetensors") in caught.value.hint
    assert left_in(weights_place) == []


def test_an_endpoint_that_is_no_address_is_an_error_the_user_can_read(
    weights_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "hub.example")
    with pytest.raises(InspectorError, match="could not be downloaded"):
        resolve_weights(BACKBONE)


def test_nothing_is_asked_of_the_hub_where_downloading_is_not_allowed(hub: Hub) -> None:
    with pytest.raises(InspectorError):
        resolve_weights(BACKBONE, download=False)
    assert hub.asked == []


def test_a_backbone_is_downloaded_once_and_then_found(hub: Hub, weights_place: Path) -> None:
    model = timm.create_model(BACKBONE, pretrained=False)
    hub.answer = whole(save(model.state_dict()))
    seen: list[tuple[int, int]] = []
    first = load_backbone(BACKBONE, lambda done, total: seen.append((done, total)))
    second = load_backbone(BACKBONE)
    assert hub.asked == [FILE]
    assert seen[-1][0] == seen[-1][1] > 0
    assert first.weights == second.weights
    assert first.weights is not None
    assert first.weights.path == weights_place / f"{BACKBONE}.safetensors"
    assert torch.equal(first.body.state_dict()["conv1.0.weight"], model.conv1[0].weight)


def test_a_download_that_is_not_the_models_weights_is_refused(hub: Hub) -> None:
    hub.answer = whole(b"<html>Sign in to the network</html>")
    with pytest.raises(InspectorError, match="cannot be read"):
        load_backbone(BACKBONE)
