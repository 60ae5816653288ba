"""/v1/goals/{goal_id}/report: as JSON, as a table for spreadsheets, as a page to print."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..errors import InvalidInput
from ..pages import goal_page, goal_table
from ..services import reports
from .app import call_of, json_answer
from .call import Call

router = Router()

FORMATS = ("json", "csv", "html")
MEDIA_TYPES = {"text/csv": "csv", "text/html": "html"}
"""What a client may accept -> the format that it gets; JSON otherwise."""

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page brings everything along and runs nothing."""


@router.get("/v1/goals/<goal_id>/report")
def show_report(goal_id: str) -> Response[str]:
    call = call_of(router)
    wanted = format_of(call)
    found = reports.report(call.stores, goal_id)
    return written(found, wanted)


def format_of(call: Call) -> str:
    """The query parameter `format`, or else what the caller accepts first. Raises InvalidInput."""
    given = call.query("format")
    if given is not None:
        if given not in FORMATS:
            known = ", ".join(FORMATS)
            raise InvalidInput.at("format", f"format must be one of {known}, not {given!r}")
        return given
    accepted = (call.header("accept") or "").split(",")[0].split(";")[0].strip().lower()
    return MEDIA_TYPES.get(accepted, "json")


def written(found: dict[str, Any], wanted: str) -> Response[str]:
    """A report in one of FORMATS."""
    name = f"{found['goal_id']}-{found['date']}"
    if wanted == "csv":
        headers: dict[str, str | list[str]] = {
            "Content-Disposition": f'attachment; filename="{name}.csv"'
        }
        return Response(200, "text/csv; charset=utf-8", goal_table.text(found), headers)
    if wanted == "html":
        page = goal_page.page(found)
        headers = {"Content-Security-Policy": PAGE_POLICY}
        return Response(200, "text/html; charset=utf-8", page, headers)
    return json_answer(200, found, None)
