"""/v1/forecasts"""

from __future__ import annotations

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..services import forecasting
from .app import call_of, json_answer
from .models import ForecastRequest

router = Router()


@router.post("/v1/forecasts")
def create() -> Response[str]:
    call = call_of(router)
    made = forecasting.forecast(
        call.stores,
        call.body(ForecastRequest).to_draft(),
        forecast_id=call.new_id("fc"),
        now=call.now,
        folder=call.folder(),
    )
    return json_answer(200, made, None)
