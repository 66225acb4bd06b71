from nbstream.errors import NbstreamError
