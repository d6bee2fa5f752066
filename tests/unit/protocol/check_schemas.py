#!/usr/bin/env python3
"""Validates the examples of docs/protocol.md against protocol/schemas, and spoilt ones to fail; and what ajv's strict mode
and AsyncAPI's parser would say of the schemas and the AsyncAPI file, since both run on Node.js alone. Exit 77: skipped."""

import json
import pathlib
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError:
    print("skipped: no python3-jsonschema or python3-yaml")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")

GOOD = {
    "request": ["request", "request-with-nonce", "plain-request"],
    "answer": ["challenge", "accepted", "rejected"],
    "signed-status": ["connected"],
    "status": ["connected", "ready"],
    "configuration": ["configuration", "complete"],
}

# A member of an example replaced (None: taken away) so that the schema refuses it.
BAD = {
    "request": [("request", "request_id", "short"), ("request", "credential", None), ("request", "token", "x" * 16 + "y" * 300),
                ("plain-request", "nonce", "abc"), ("request", "credential", {"type": "x509"}),
                ("request", "attributes", {"Model": 1}), ("request", "attributes", {"model": None}), ("request", "attributes", {"serial": 1e16})],
    "answer": [("accepted", "generation", None), ("challenge", "nonce", None), ("rejected", "status", 1),
               ("rejected", "message", "line\nbreak"), ("accepted", "credential", {"type": "ssh"})],
    "signed-status": [("connected", "generation", None), ("connected", "device_id", None), ("connected", "device_id", "-"),
                      ("connected", "connection", {"host": "broker.example.net"})],
    "status": [("connected", "generation", None), ("ready", "config_version", -1), ("ready", "session", "short"),
               ("ready", "attributes", {"serial": -9007199254740992.0})],
    "configuration": [("complete", "session", None), ("complete", "config_version", "3"), ("complete", "confirmed", -1)],
}


# What the page says is ignored: a status of later, alone, and members that nobody knows, at every level.
IGNORED = {
    "request": [("plain-request", {"later": {"a": [1]}}), ("request", {"credential": {"type": "ssh", "later": None}})],
    "answer": [("challenge", {"status": "later", "nonce": None}), ("rejected", {"later": [], "code": "later"})],
    "signed-status": [("connected", {"status": "later", "generation": None, "connection": None}), ("connected", {"later": 1})],
    "status": [("connected", {"status": "later", "session": None, "generation": None}), ("ready", {"later": 1})],
    "configuration": [("complete", {"state": "later", "later": {}})],
}

KEYWORDS = {"$schema", "$id", "title", "description", "type", "required", "properties", "propertyNames", "maxProperties", "enum",
            "additionalProperties", "const", "pattern", "minLength", "maxLength", "contentEncoding", "minimum", "maximum", "items",
            "minItems", "maxItems", "oneOf", "anyOf", "allOf", "not", "if", "then"}
DRAFT = "http://json-schema.org/draft-07/schema#"
FORMAT = "application/schema+json;version=draft-07"  # AsyncAPI's parser reads no later one by itself


def example(name):
    block = re.search(rf"<!-- example {re.escape(name)} -->\n```json\n(.*?)\n```", PAGE, re.S)
    return json.loads(block.group(1))


def spoilt(name, member, value):
    message = example(name)
    message.pop(member, None)
    return message if value is None else {**message, member: value}


def changed(name, members):
    message = {**example(name), **members}
    return {member: value for member, value in message.items() if value is not None}


def lax(schema, place):
    """What ajv's strict mode refuses to compile."""
    if not isinstance(schema, dict):
        return
    for keyword in schema.keys() - KEYWORDS:
        yield f"{place}: the keyword {keyword}"
    if isinstance(schema.get("type"), list):
        yield f"{place}: several types"
    for name in set(schema.get("required", [])) - schema.get("properties", {}).keys():
        yield f"{place}: {name} is required and not among the properties beside it"
    if "if" in schema and "then" not in schema:
        yield f"{place}: an if without a then"
    for keyword in ("not", "if", "then", "items", "additionalProperties", "propertyNames"):
        yield from lax(schema.get(keyword), f"{place}/{keyword}")
    for keyword in ("oneOf", "anyOf", "allOf"):
        for number, each in enumerate(schema.get(keyword, [])):
            yield from lax(each, f"{place}/{keyword}/{number}")
    for name, each in schema.get("properties", {}).items():
        yield from lax(each, f"{place}/{name}")


def api_faults():
    """What AsyncAPI's parser warns of, or passes over without a look at the payload."""
    api = yaml.safe_load((ROOT / "protocol/asyncapi.yaml").read_text(encoding="utf-8"))
    info = api["info"]
    if not (api.get("id") and api.get("tags") and {"name", "url", "email"} <= info.get("contact", {}).keys()
            and {"name", "url"} <= info.get("license", {}).keys()):
        yield "asyncapi.yaml: id, tags, contact and license have to be there"
    for name, message in api["components"]["messages"].items():
        if message.get("messageId") != name:
            yield f"asyncapi.yaml: {name} is not its own messageId"
        if message.get("schemaFormat") != FORMAT:
            yield f"asyncapi.yaml: {name} is of a format that the parser does not read"
        if not (ROOT / "protocol" / message["payload"]["$ref"]).is_file():
            yield f"asyncapi.yaml: no {message['payload']['$ref']}"


def main():
    wrong = []
    for kind, names in GOOD.items():
        schema = json.loads((ROOT / f"protocol/schemas/{kind}.schema.json").read_text(encoding="utf-8"))
        if schema["$schema"] != DRAFT:
            wrong.append(f"{kind}: is not of draft 7")
        wrong += lax(schema, kind)
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        for name in names:
            wrong += [f"{name}: {fault.message}" for fault in validator.iter_errors(example(name))]
        for case in BAD[kind]:
            if validator.is_valid(spoilt(*case)):
                wrong.append(f"{kind}: takes {case}")
        for case in IGNORED[kind]:
            wrong += [f"{kind}: refuses {case}: {fault.message}" for fault in validator.iter_errors(changed(*case))]
    wrong += api_faults()
    print("\n".join(wrong) or "examples keep to the schemas")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
