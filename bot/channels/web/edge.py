"""The edge of the web: what fails becomes a page or JSON, never a traceback; what passes is counted and logged."""

import time
from traceback import format_exception

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.channels.web.answers import Problems, language_of
from bot.channels.web.metrics import Metrics
from storage import Conflict, Unavailable

log = structlog.get_logger("web")
API = "/api/"
SEVERAL = 400
"""From here on a status says that something was refused."""


def edge(problems: Problems, metrics: Metrics) -> Middleware:
    """Wraps every request. Paths are logged by their pattern alone: those of links hold tokens."""

    @web.middleware
    async def at_edge(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        answer = await _answered(request, handler, problems)
        seconds = time.monotonic() - began
        metrics.answered(request.method, route_of(request), answer.status, seconds)
        log.info(
            "request",
            method=request.method,
            route=route_of(request),
            status=answer.status,
            ms=round(seconds * 1000, 1),
        )
        return answer

    return at_edge


async def _answered(request: web.Request, handler: Handler, problems: Problems) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as refused:
        if refused.status < SEVERAL:
            raise
        answer = problem(request, refused.status, problems)
        if "Allow" in refused.headers:
            answer.headers["Allow"] = refused.headers["Allow"]
        return answer
    except (web.RequestPayloadError, ConnectionResetError):
        answer = problem(request, 400, problems)  # a body that is not what its headers say, or that never came whole
        answer.force_close()
        return answer
    except (Unavailable, Conflict) as error:
        log.warning("unavailable", route=route_of(request), error=str(error))
        return problem(request, 503, problems)
    except Exception as error:  # noqa: BLE001 - the edge: logged once, and the visitor is told
        # Not exc_info: some renderers print local variables, and those hold tokens.
        log.error("failed", route=route_of(request), exception="".join(format_exception(error)))
        return problem(request, 500, problems)


def problem(request: web.Request, status: int, problems: Problems) -> web.Response:
    """This status in words: as JSON to programs, as a page to people."""
    if request.path.startswith(API):
        return web.json_response({"error": _CODES.get(status, "refused")}, status=status)
    return problems.page(status, language_of(request))


def route_of(request: web.Request) -> str:
    """The pattern a request matched, without what was filled into it."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"


_CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    500: "our_fault",
    503: "unavailable",
}
