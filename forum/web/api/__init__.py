"""The JSON API: where a request meets a token, a thread and a transaction."""

from functools import partial

from fastapi import APIRouter

from forum.web.api.handlers import api_act, api_page, made
from forum.web.api.routes import ApiRoute

ApiRouter = partial(APIRouter, route_class=ApiRoute)

__all__ = ["ApiRouter", "api_act", "api_page", "made"]
