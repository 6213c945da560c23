"""Compressed signatures: what a prompt says of a tool instead of its full JSON Schema.

``read_file(path, start_line?: int, end_line?: int): Read a text file.`` Strings carry no type, the
rest a short one; optional parameters end in ``?``.
"""

from typing import Any

from tools.protocol.messages import Signature

SHORT_TYPES = {"integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}


def compress(signature: Signature, *, describe: bool = True) -> str:
    """One line for one tool."""
    properties: dict[str, Any] = signature.parameters.get("properties", {})
    required = set(signature.parameters.get("required", ()))
    parameters = ", ".join(_parameter(name, schema, name in required) for name, schema in properties.items())
    line = f"{signature.name}({parameters})"
    return f"{line}: {signature.description}" if describe and signature.description else line


def _parameter(name: str, schema: dict[str, Any], required: bool) -> str:
    short = _short_type(schema)
    return f"{name}{'' if required else '?'}{': ' + short if short else ''}"


def _short_type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "")
    return "" if kind == "string" or not isinstance(kind, str) else SHORT_TYPES.get(kind, kind)
