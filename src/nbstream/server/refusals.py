"""What is answered when something cannot be done: one table from error to HTTP status, one JSON shape."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tornado import web

from nbstream import errors

if TYPE_CHECKING:
    from uuid import UUID


class Refused(errors.NbstreamError):
    """A request that is answered with no."""


class BadRequest(Refused):
    """A value is missing, of the wrong kind, or out of range."""


class AboveHead(Refused):
    """More was asked after than there is.

    Args:
        since: the sequence number that the asker has.
        head: the highest one that is saved.
    """

    def __init__(self, since: int, head: int) -> None:
        super().__init__(f"since={since} is above the head {head}: the asker holds rows that this store never had")
        self.head = head


class AgentGone(Refused):
    """The agent was deleted, or the file that held it was deleted or moved away."""


class BodyTooLarge(Refused):
    """A request is over the limit."""


class NotJson(Refused):
    """A body of another media type than JSON."""


class SourceNotAllowed(Refused):
    """The server's configuration does not let requests start that source."""


STATUS: Final[dict[type[Exception], HTTPStatus]] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    SourceNotAllowed: HTTPStatus.BAD_REQUEST,
    errors.UnknownSource: HTTPStatus.BAD_REQUEST,
    errors.AgentDeleted: HTTPStatus.GONE,
    errors.AgentNotFound: HTTPStatus.NOT_FOUND,
    errors.IdConflict: HTTPStatus.CONFLICT,
    AgentGone: HTTPStatus.GONE,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotJson: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    AboveHead: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    errors.SourceError: HTTPStatus.BAD_GATEWAY,
    errors.MissingExtra: HTTPStatus.NOT_IMPLEMENTED,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NbstreamError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The first class of an error's line of ancestors that is here decides."""


def status_of(error: Exception) -> HTTPStatus:
    """The status that answers an error."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def body_of(error: BaseException | None, status: int) -> dict[str, Any]:
    """The JSON that answers an error; of one that is not ours, nothing is told but its status."""
    if isinstance(error, errors.NbstreamError):
        more = {"head": error.head} if isinstance(error, AboveHead) else {}
        return {"message": str(error), "reason": type(error).__name__, **more}
    phrase = HTTPStatus(status).phrase
    if isinstance(error, web.HTTPError) and error.log_message:
        return {"message": error.log_message.replace("%%", "%"), "reason": phrase}
    return {"message": phrase, "reason": phrase}


def no_such_agent(agent_id: UUID) -> errors.AgentNotFound:
    """Nothing of that id for whoever asks: the same words whether it is unknown or somebody else's."""
    return errors.AgentNotFound(f"no agent {agent_id} here")
