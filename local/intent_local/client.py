"""A client of the product's HTTP API, for commands, the demo and tests.

Errors arrive as problem documents (RFC 9457) and leave as `ApiError` with the same words. How a
request says who asks is up to a `Signer`.
"""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from intent_segments.errors import FieldError, IntentError

from .signing import Signer, Unsigned

TIMEOUT_SECONDS = 35
"""A little more than the 30 s after which an HTTP API gives up."""


class ApiError(IntentError):
    """An answer of 400 or above. `status` is its HTTP status, `problem` the whole document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        errors = tuple(
            FieldError(str(e.get("field", "")), str(e.get("message", "")))
            for e in problem.get("errors", [])
        )
        told = problem.get("detail") or problem.get("title") or problem.get("message")
        super().__init__(str(told or f"the API answered with status {status}"), errors)
        self.status = status
        self.problem = problem


class ApiUnreachableError(IntentError):
    """Nobody answers at the address."""


class ApiClient:
    """`get`, `post` and `patch` take a path below the root, such as `/v1/goals`, and return the
    JSON of the answer. `signer` is left out where the API asks nobody."""

    def __init__(self, url: str, signer: Signer | None = None) -> None:
        self.url = url.rstrip("/")
        self.signer = signer or Unsigned()

    def get(self, path: str, **query: object) -> Any:
        """`query` values that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path + (f"?{urllib.parse.urlencode(given)}" if given else ""))

    def text(self, path: str, **query: object) -> str:
        """The same of an answer that is text for people."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._answer("GET", f"{path}?{urllib.parse.urlencode(given)}").decode()

    def post(self, path: str, body: Any = None) -> Any:
        return self._send("POST", path, {} if body is None else body)

    def patch(self, path: str, body: Any) -> Any:
        return self._send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path)

    def redirect(self, path: str) -> str:
        """Where the API sends who asks for a path; `fetch` follows the link, since S3 takes no
        request that is signed twice. Raises ApiError."""
        headers = self.signer.headers("GET", self.url + path, None, {})
        opener = urllib.request.build_opener(_StayHere)
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS):
                raise ApiError(200, {"detail": f"{path} leads nowhere"})
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.FOUND:
                return str(error.headers["Location"])
            problem = document(error.read())
            raise ApiError(error.code, problem if isinstance(problem, dict) else {}) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise ApiUnreachableError(f"no answer from {self.url} ({reason})") from None

    def pages(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        """Every item of a list resource, page after page."""
        after: str | None = None
        while True:
            page = self.get(path, starting_after=after, **query)
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = str(page["data"][-1]["id"])

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        return document(self._answer(method, path, body))

    def _answer(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"content-type": "application/json"}
        url = self.url + path
        headers = self.signer.headers(method, url, data, headers)
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            problem = document(error.read())
            raise ApiError(error.code, problem if isinstance(problem, dict) else {}) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise ApiUnreachableError(f"no answer from {self.url} ({reason})") from None


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def fetch(url: str, path: Path, size: int) -> None:
    """Copy the `size` bytes that a link leads to into a file, all or none. Raises
    ApiUnreachableError."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        answer = urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS)  # noqa: S310
        with answer, partial.open("wb") as file:
            shutil.copyfileobj(answer, file)
        if partial.stat().st_size != size:
            raise ApiUnreachableError(f"the connection broke before all of {path.name} was there")
        partial.replace(path)
    except urllib.error.URLError as error:
        raise ApiUnreachableError(f"a link of the API cannot be read ({error.reason})") from None
    finally:
        partial.unlink(missing_ok=True)


def document(body: bytes) -> Any:
    """The JSON of an answer; None when it has none."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
