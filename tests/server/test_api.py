"""The OpenAPI file and the routes, both ways."""

from __future__ import annotations

import jsonschema
import pytest

from nbstream.server.pages import DEFAULT_LIMIT, MAX_LIMIT
from nbstream.server.rest import ROUTES
from server import described


def test_every_route_is_described_and_every_description_is_a_route():
    there = {
        (pattern.replace("(?P<agent_id>[^/]+)", "{agent_id}"), method)
        for pattern, handler in ROUTES
        for method in handler.SUPPORTED_METHODS
    }
    assert there == described.routes()


def test_the_limits_are_those_of_the_code():
    parameters = described.API["paths"]["/nbstream/api/agents/{agent_id}/messages"]["get"]["parameters"]
    limit = next(one["schema"] for one in parameters if one["name"] == "limit")
    assert (limit["default"], limit["maximum"]) == (DEFAULT_LIMIT, MAX_LIMIT)


def test_an_answer_that_is_not_as_described_is_found():
    """Or the checks in every other test would prove nothing."""
    with pytest.raises(jsonschema.ValidationError):
        described.check("GET", ["agents"], 200, {"agents": [{"id": "x"}]})
    with pytest.raises(AssertionError):
        described.check("GET", ["agents"], 202, {"agents": []})
