"""Writes what the clients don't have written by hand, from the service's OpenAPI document. `./dev clients` runs it."""

from __future__ import annotations

import json
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


def main() -> None:
    """Generates all of it."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    version, document = newest_version(document), prepared(document)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "openapi.json"
        source.write_text(json.dumps(document), encoding="utf-8")
        write_python(source, version)


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
                # `created[gte]` would be no name; the call writes it as the service has it.
                parameter["name"] = parameter["name"].replace("[gte]", "_gte").replace("[lte]", "_lte")
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


def write_python(source: Path, version: str) -> None:
    """The models and a class for each noun, into the Python client."""
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
    (target / "__init__.py").write_text(f'"""Generated: see `./dev clients`."""\n\nVERSION = "{version}"\n')
    ruff, alone = beside / "ruff", ["--isolated", "--quiet", "--no-cache"]
    # What the templates import for all is taken away where it isn't used: "unsafe", since it might be for others.
    _run([ruff, "check", *alone, "--fix", "--unsafe-fixes", "--select", "F401,F811,I,UP", target])
    _run([ruff, "format", *alone, "--line-length", "120", target])


def _run(command: Sequence[str | Path]) -> None:
    told = subprocess.run(command, capture_output=True, text=True)
    if told.returncode:
        sys.exit(f"{Path(command[0]).name}: {told.stdout}{told.stderr}")


if __name__ == "__main__":
    main()
