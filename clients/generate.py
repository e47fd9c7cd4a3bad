"""Writes what the clients don't have written by hand, from the service's OpenAPI document. `./dev clients` runs it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "openapi.json"
PYTHON = HERE / "python"
TYPESCRIPT = HERE / "typescript"


def main() -> None:
    """Writes one client's part, or in the case of TypeScript what its own generator starts from."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    version, document = newest_version(document), prepared(document)
    match sys.argv[1:]:
        case ["python"]:
            write_python(document, version)
        case ["typescript"]:
            write_typescript(document, version)
        case _:
            sys.exit("expected `python` or `typescript`")


def prepared(document: dict[str, Any]) -> dict[str, Any]:
    """The document as generators understand it best; what it says of requests and answers stays."""
    document = _renamed(document)
    schemas = document["components"]["schemas"]
    for request in ("QuoteRequest", "PriceRequest"):
        # A client is older than tomorrow's products: any facts can be sent. Today's have classes of their own.
        risk = schemas[request]["properties"]["risk"]
        schemas[request]["properties"]["risk"] = {"description": risk["description"]}
    for item in document["paths"].values():
        for operation in item.values():
            # Clients send the version that they were made for, always.
            kept = [one for one in operation.get("parameters", []) if one["name"].lower() != "coverage-version"]
            for parameter in kept:
                parameter["schema"] = _without_null(parameter["schema"])
            operation["parameters"] = kept
            for answer in operation["responses"].values():
                for kind, content in answer.get("content", {}).items():
                    if not kind.endswith("json"):
                        content["schema"] = {"type": "string", "format": "binary"}
    return document


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """With `Cover` for `CoverSeen`, wherever nothing else has that name, be it a field of its own."""
    named = document["components"]["schemas"]
    new = {
        name: short
        for name, schema in named.items()
        if (short := name.removesuffix("Seen")) not in named and short.lower() not in schema.get("properties", {})
    }

    def walked(value: Any) -> Any:
        if isinstance(value, dict):
            # A title would name the class once more, as it was.
            return {key: walked(one) for key, one in value.items() if not (key == "title" and isinstance(one, str))}
        if isinstance(value, list):
            return [walked(one) for one in value]
        if isinstance(value, str) and value.startswith("#/components/schemas/"):
            name = value.rpartition("/")[2]
            return f"#/components/schemas/{new.get(name, name)}"
        return value

    found: dict[str, Any] = walked(document)
    found["info"]["title"] = document["info"]["title"]
    schemas = found["components"]["schemas"]
    found["components"]["schemas"] = {new.get(name, name): schema for name, schema in schemas.items()}
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without null, which can't be sent: whoever has nothing to say leaves it out."""
    kept = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(kept) != 1:
        return schema
    found: dict[str, Any] = {key: value for key, value in schema.items() if key != "anyOf"} | kept[0]
    return found


def newest_version(document: dict[str, Any]) -> str:
    """The newest dated version of the API that the document lists."""
    found = {
        version
        for item in document["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"].lower() == "coverage-version"
        for version in _versions(parameter["schema"])
    }
    return max(found)


def _versions(schema: dict[str, Any]) -> list[str]:
    if "const" in schema:
        return [schema["const"]]
    return [*schema.get("enum", []), *(one for part in schema.get("anyOf", []) for one in _versions(part))]


def write_python(document: dict[str, Any], version: str) -> None:
    """The models and a class for each noun, into the Python client."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                # `created[gte]` would be no name; the call writes it as the service has it.
                parameter["name"] = parameter["name"].replace("[gte]", "_gte").replace("[lte]", "_lte")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "openapi.json"
        source.write_text(json.dumps(document), encoding="utf-8")
        _write_python(source, version, _all_events(document))


def _write_python(source: Path, version: str, events: str) -> None:
    target = PYTHON / "src" / "sharecover_client" / "generated"
    shutil.rmtree(target, ignore_errors=True)
    beside = Path(sys.executable).parent
    command: list[str | Path] = [
        beside / "openapi-python-client", "generate", "--path", source, "--meta", "none", "--output-path", target,
        "--overwrite", "--config", PYTHON / "generator.yaml", "--custom-template-path", PYTHON / "templates",
        "--fail-on-warning",
    ]  # fmt: skip
    _run(command)
    for unused in ("client.py", "errors.py", "__init__.py"):
        (target / unused).unlink()
    for folder in (target / "api").iterdir():
        if folder.is_dir():
            # All of it stands in one file, which goes up to where the folder was.
            code = (folder / "__init__.py").read_text(encoding="utf-8").replace("from ...", "from ..")
            shutil.rmtree(folder)
            folder.with_suffix(".py").write_text(code, encoding="utf-8")
    (target / "api" / "__init__.py").write_text(_all_operations(target / "api"), encoding="utf-8")
    (target / "events.py").write_text(events, encoding="utf-8")
    (target / "__init__.py").write_text(f'"""Generated: see `./dev clients`."""\n\nVERSION = "{version}"\n')
    ruff, alone = beside / "ruff", ["--isolated", "--quiet", "--no-cache"]
    # What the templates import for all is taken away where it isn't used: "unsafe", since it might be for others.
    _run([ruff, "check", *alone, "--fix", "--unsafe-fixes", "--select", "F401,F811,I,UP", target])
    _run([ruff, "format", *alone, "--line-length", "120", target])


def _all_operations(folder: Path) -> str:
    """The module with the class that has the operations of all tags."""
    classes = {
        path.stem: found[1]
        for path in sorted(folder.glob("*.py"))
        if (found := re.search(r"^class (\w+)\(Calls\)", path.read_text(encoding="utf-8"), re.MULTILINE))
    }
    imports = "".join(f"from .{module} import {name}\n" for module, name in classes.items())
    return f"{imports}\n\nclass Operations({', '.join(classes.values())}):\n    pass\n"


def _all_events(document: dict[str, Any]) -> str:
    """The module that knows each kind of event that is sent, and the class of those that are to come."""
    kinds = {
        kind: letter["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for kind, letter in document["webhooks"].items()
    }
    classes = sorted({*kinds.values(), "OtherEvent"})
    read = "".join(f'    "{kind}": {name}.from_dict,\n' for kind, name in kinds.items())
    return (
        "from collections.abc import Callable, Mapping\n"
        "from typing import Any\n\n"
        f"from .models import {', '.join(classes)}\n\n"
        f"Event = {' | '.join(classes)}\n\n"
        f"READ: Mapping[str, Callable[[Mapping[str, Any]], Event]] = {{\n{read}}}\n"
    )


def write_typescript(document: dict[str, Any], version: str) -> None:
    """What openapi-ts reads, and what the hand-written part has to know of it."""
    keyed = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for parameter in operation["parameters"]:
                if parameter["name"].lower() == "idempotency-key":
                    parameter["required"] = False  # made where none is given
                    keyed.append(f"{method.upper()} {path}")
    # What is to come would hide from the compiler what is known of the others: whoever switches by `type` has a `default`.
    event = document["components"]["schemas"]["Event"]
    event["anyOf"] = [one for one in event["anyOf"] if not one["$ref"].endswith("/OtherEvent")]
    (TYPESCRIPT / "generated-openapi.json").write_text(json.dumps(document), encoding="utf-8")
    code = (
        f"export const VERSION = {json.dumps(version)};\n\n"
        f"export const KEYED: ReadonlySet<string> = new Set({json.dumps(keyed, indent=2)});\n"
    )
    (TYPESCRIPT / "src" / "document.gen.ts").write_text(code, encoding="utf-8")


def _run(command: Sequence[str | Path]) -> None:
    told = subprocess.run(command, capture_output=True, text=True)
    if told.returncode:
        sys.exit(f"{Path(command[0]).name}: {told.stdout}{told.stderr}")


if __name__ == "__main__":
    main()
