"""Fetching a weights file from the model hub, with progress, cancel and no half files."""

from __future__ import annotations

import http.client
import os
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

_CHUNK = 1 << 20
_TIMEOUT_S = 30


def download_weights(
    repository: str,
    target: Path,
    progress: Callable[[int, int], None] | None = None,
    filename: str = "model.safetensors",
) -> None:
    """Downloads one file of a hub repository to `target`; the target appears only when complete.

    The hub's address is the library's own; the environment variable HF_ENDPOINT changes it.

    Args:
        repository: "owner/name" on the hub.
        target: Where the file goes; its folder is made.
        progress: Called with (bytes done, bytes in all or 0); what it raises stops the download.

    Raises:
        OSError: No connection, no such file, no space, or the connection broke off.
    """
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(repository, filename, endpoint=os.environ.get("HF_ENDPOINT"))
    if not url.startswith(("http://", "https://")):
        raise OSError(f"the hub's address {url} does not begin with https://")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(name)
    try:
        with (
            os.fdopen(handle, "wb") as file,
            urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response,
        ):
            total = int(response.headers.get("Content-Length") or 0)
            done = 0
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
            if total and done != total:
                raise OSError(f"the connection broke off after {done} of {total} bytes")
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except http.client.HTTPException as error:
        raise OSError(f"the connection broke off ({type(error).__name__})") from error
    finally:
        part.unlink(missing_ok=True)
