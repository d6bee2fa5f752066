#!/usr/bin/env python3
"""Validates the examples of docs/protocol.md against protocol/schemas, and spoilt ones to fail. Exit 77: skipped."""

import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)
if not hasattr(jsonschema, "Draft202012Validator"):
    print("skipped: python3-jsonschema is too old")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")

GOOD = {
    "request": ["request", "request-with-nonce", "plain-request"],
    "answer": ["challenge", "accepted", "rejected"],
    "status": ["connected", "ready"],
    "configuration": ["configuration", "complete"],
}

# A member of an example replaced (None: taken away) so that the schema refuses it.
BAD = {
    "request": [("request", "request_id", "short"), ("request", "credential", None), ("request", "token", "x" * 16 + "y" * 300),
                ("plain-request", "nonce", "abc"), ("request", "credential", {"type": "x509"}),
                ("request", "attributes", {"Model": 1}), ("request", "attributes", {"model": None})],
    "answer": [("accepted", "generation", None), ("challenge", "nonce", None), ("rejected", "status", "perhaps"),
               ("rejected", "message", "line\nbreak"), ("accepted", "credential", {"type": "ssh"})],
    "status": [("connected", "generation", None), ("ready", "config_version", -1), ("ready", "session", "short")],
    "configuration": [("complete", "session", None), ("complete", "config_version", "3")],
}


def example(name):
    block = re.search(rf"<!-- example {re.escape(name)} -->\n```json\n(.*?)\n```", PAGE, re.S)
    return json.loads(block.group(1))


def spoilt(name, member, value):
    message = example(name)
    message.pop(member, None)
    return message if value is None else {**message, member: value}


def main():
    wrong = []
    for kind, names in GOOD.items():
        schema = json.loads((ROOT / f"protocol/schemas/{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for name in names:
            wrong += [f"{name}: {fault.message}" for fault in validator.iter_errors(example(name))]
        for case in BAD[kind]:
            if validator.is_valid(spoilt(*case)):
                wrong.append(f"{kind}: takes {case}")
    api = (ROOT / "protocol/asyncapi.yaml").read_text(encoding="utf-8")
    for reference in re.findall(r'"(schemas/[^"]+)"', api):
        if not (ROOT / "protocol" / reference).is_file():
            wrong.append(f"asyncapi.yaml: no {reference}")
    print("\n".join(wrong) or "examples keep to the schemas")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
