"""What `api.yaml` says: its routes, and whether an answer is as described. Every answer that a test gets is checked."""

from __future__ import annotations

from importlib.resources import files

import jsonschema
import yaml

API = yaml.safe_load((files("nbstream.server") / "api.yaml").read_text(encoding="utf-8"))
METHODS = {"get", "post", "delete", "put", "patch", "head", "options"}


def routes():
    """(path, method) of everything described."""
    return {(path, method.upper()) for path, item in API["paths"].items() for method in item if method in METHODS}


def template(parts):
    """The described path of a request."""
    parts = [str(part) for part in parts]
    if len(parts) > 1 and parts[1] != "active":
        parts[1] = "{agent_id}"
    return "/nbstream/api/" + "/".join(parts)


def check(method, parts, status, body):
    answers = API["paths"][template(parts)][method.lower()]["responses"]
    answer = answers.get(str(status))
    if answer is None:
        assert status >= 400, f"{method} {template(parts)} answered {status}, which is not described"
        answer = answers["default"]
    if "$ref" in answer:
        answer = API["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    if "content" not in answer:
        assert body is None
        return
    schema = answer["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": API["components"]}).validate(body)
