"""One file per wire format; here the protocol they keep and the look-up by name.

A parser is pure: no I/O, no clock, no logging. It keeps the state of one stream, and `parse` never raises on input.
It knows nothing of ids, order or `raw`: the service adds them, the same way for every format.
"""

from nbstream.parsers._protocol import Ending, MessageParser, Reason
from nbstream.parsers.lookup import parser_named

__all__ = ["Ending", "MessageParser", "Reason", "parser_named"]
