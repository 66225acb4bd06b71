"""Events of OpenAI Responses, as short as a test needs them."""

from __future__ import annotations


def created(response_id="r1", kind="created", **more):
    return {"type": f"response.{kind}", "response": {"id": response_id, "model": "m", "status": "in_progress"}, **more}


def ended(how="completed", response_id="r1", **response):
    body = {"id": response_id, "model": "m", "status": how, **response}
    return {"type": f"response.{how}", "response": body}


def item(kind, state, wire=None, index=0, **more):
    return {
        "type": f"response.output_item.{state}",
        "output_index": index,
        "item": {"id": f"i{index}", "type": kind, **(wire or {})},
        **more,
    }


def delta(what, words, index=0, **more):
    return {"type": f"response.{what}.delta", "item_id": f"i{index}", "output_index": index, "delta": words, **more}


def done(what, key, words, index=0, **more):
    return {"type": f"response.{what}.done", "item_id": f"i{index}", "output_index": index, key: words, **more}


def message(*words, role="assistant"):
    return {"role": role, "content": [{"type": "output_text", "text": each} for each in words]}
