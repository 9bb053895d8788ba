"""What programs may ask, as OpenAPI 3.1 describes it."""

from bot.core.facts import Language, WayIn
from bot.core.lives import Support


def description(server: str, provider: str) -> dict[str, object]:
    """The document behind `/api/v1/openapi.json`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{provider}: incident support",
            "version": "1",
            "description": "Who is entitled to support, and opening incidents on a customer's behalf.",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/entitlements/{who}": {"get": _ENTITLEMENT},
            "/api/v1/incidents": {"post": _OPEN},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Entitlement": _ENTITLED, "Wanted": _WANTED, "Opened": _OPENED, "Error": _ERROR},
        },
    }


def _answer(text: str, schema: str) -> dict[str, object]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": text, "content": content}


_ENTITLEMENT = {
    "operationId": "entitlement",
    "summary": "Whether a customer may use support now",
    "parameters": [
        {
            "name": "who",
            "in": "path",
            "required": True,
            "description": "The customer's reference (`C-17`) or an e-mail address on file.",
            "schema": {"type": "string"},
        }
    ],
    "responses": {
        "200": _answer("The customer is on file.", "Entitlement"),
        "401": _answer("No known token was sent.", "Error"),
        "404": _answer("Nobody is on file under this name.", "Error"),
        "503": _answer("Try again later.", "Error"),
    },
}
_OPEN = {
    "operationId": "open_incident",
    "summary": "Open an incident; the customer is told its price by mail before anything starts",
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key with the same body opens one incident, however often it is sent.",
            "schema": {"type": "string", "maxLength": 200},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wanted"}}},
    },
    "responses": {
        "201": _answer("The incident is open.", "Opened"),
        "400": _answer("The Idempotency-Key is too long.", "Error"),
        "401": _answer("No known token was sent.", "Error"),
        "403": _answer("This customer is not entitled to support.", "Error"),
        "409": _answer("The key was used for another incident.", "Error"),
        "413": _answer("The body is too large.", "Error"),
        "415": _answer("The body is not JSON.", "Error"),
        "422": _answer("Something is missing or wrong.", "Error"),
        "503": _answer("Nothing was done; try again later.", "Error"),
    },
}
_ENTITLED = {
    "type": "object",
    "required": ["customer", "support", "entitled", "reason"],
    "properties": {
        "customer": {"type": "string", "examples": ["C-17"]},
        "support": {"type": "string", "enum": [support.value for support in Support]},
        "entitled": {"type": "boolean"},
        "reason": {"type": ["string", "null"], "enum": ["contested", "unpaid", None]},
        "since": {"type": "string", "format": "date-time"},
    },
}
_WANTED = {
    "type": "object",
    "additionalProperties": False,
    "required": ["address", "text"],
    "properties": {
        "address": {"type": "string", "format": "email", "maxLength": 254},
        "title": {"type": "string", "maxLength": 200},
        "subject": {"type": "string", "maxLength": 200, "description": "The same as `title`."},
        "text": {"type": "string", "minLength": 1, "maxLength": 100_000},
        "way_in": {"type": "string", "enum": [way.value for way in WayIn], "default": WayIn.DIAGNOSE.value},
        "language": {"type": ["string", "null"], "enum": [*(language.value for language in Language), None]},
    },
}
_OPENED = {
    "type": "object",
    "required": ["incident"],
    "properties": {"incident": {"type": "string", "examples": ["INC-42"]}},
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
}
