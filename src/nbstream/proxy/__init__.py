"""Layer 1: runs agents as child processes and streams their lines as Server-Sent Events.

A request passes `security` (token, Host, Origin), then `app` (the routes), then `registry` (the runs of one folder).
A run is `supervise` around the program, which writes straight into its log, and `runs`, which watches that log;
`stream` sends it with `tail`. `reaper` ends every process of a run. `server` and `relay` are the two ways to start it
all, `discover` finds it again. Usable without a notebook; needs the extra `proxy`, finding a proxy does not.
"""

from nbstream.proxy.discover import ProxyAddress, ensure_proxy, find_proxy
from nbstream.proxy.profiles import Profile
from nbstream.proxy.relay import relay
from nbstream.proxy.server import serve

__all__ = ["Profile", "ProxyAddress", "ensure_proxy", "find_proxy", "relay", "serve"]
