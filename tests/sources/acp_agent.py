"""An ACP agent for tests: greets, asks leave, reads a file it may not read, says what it was told, and ends its turn."""

import json
import sys

mode = sys.argv[1]


def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def update(session, **what):
    send(method="session/update", params={"sessionId": session, "update": what})


def say(session, text):
    update(session, sessionUpdate="agent_message_chunk", content={"type": "text", "text": text})


def ask(number, method, params):
    send(id=number, method=method, params=params)
    return json.loads(sys.stdin.readline())


print("welcome to the test agent", flush=True)
for line in sys.stdin:
    call = json.loads(line)
    method, params = call["method"], call.get("params", {})
    if method == "initialize":
        assert params["clientCapabilities"] == {
            "fs": {"readTextFile": False, "writeTextFile": False},
            "terminal": False,
        }
        send(id=call["id"], result={"protocolVersion": 1, "agentCapabilities": {"loadSession": mode != "forgetful"}})
    elif method == "session/new":
        if mode == "locked":
            send(id=call["id"], error={"code": -32000, "message": "Authentication required"})
            continue
        if mode == "dying":
            print("no more", file=sys.stderr)
            sys.exit(3)
        send(id=call["id"], result={"sessionId": "s-1"})
    elif method == "session/load":
        say(params["sessionId"], "what was said before")
        send(id=call["id"], result={})
    elif method == "session/set_model":
        send(id=call["id"], result={})
    elif method == "session/prompt":
        session = params["sessionId"]
        say(session, "Thinking. ")
        if mode == "waiting":
            cancelled = json.loads(sys.stdin.readline())
            assert cancelled["method"] == "session/cancel", cancelled
            send(id=call["id"], result={"stopReason": "cancelled"})
            continue
        if mode == "asking":
            options = [
                {"optionId": f"o-{kind}", "name": kind, "kind": kind}
                for kind in ("allow_once", "allow_always", "reject_once")
            ]
            leave = ask(
                91,
                "session/request_permission",
                {"sessionId": session, "toolCall": {"toolCallId": "t1"}, "options": options},
            )
            say(session, json.dumps(leave["result"]["outcome"], sort_keys=True))
            refused = ask(92, "fs/read_text_file", {"sessionId": session, "path": "/etc/passwd"})
            say(session, str(refused["error"]["code"]))
        say(session, f"You said {params['prompt'][0]['text']}")
        send(id=call["id"], result={"stopReason": "end_turn"})
