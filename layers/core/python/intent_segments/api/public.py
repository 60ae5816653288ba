"""What everybody may read: health, the OpenAPI document and its page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from .. import __version__

router = Router()

HERE = Path(__file__).parent

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The page brings everything along; a browser may not fetch anything for it."""


@router.get("/v1/health")
def health() -> dict[str, Any]:
    return {"status": "ok", "version": __version__}


@router.get("/openapi.json")
def openapi() -> Response[str]:
    return Response(200, "application/json", document())


@router.get("/docs")
def docs() -> Response[str]:
    # "</" would end the script element that carries the document.
    page = (HERE / "docs.html").read_text("utf-8")
    body = page.replace("{{openapi}}", document().replace("</", "<\\/"))
    return Response(200, "text/html; charset=utf-8", body, {"Content-Security-Policy": PAGE_POLICY})


@cache
def document() -> str:
    """The packaged OpenAPI document; `openapi.py` writes it."""
    return (HERE / "openapi.json").read_text("utf-8")
