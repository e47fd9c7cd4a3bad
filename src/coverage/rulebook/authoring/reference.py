"""The reference of the files' keys, written from the format itself: what stands in docs/rules.md between its marks."""

from __future__ import annotations

import re
from typing import Final

from pydantic import BaseModel

from coverage.rulebook import format as shapes
from coverage.rulebook.format import edition as edition_shapes

MARK: Final = re.compile(r"<!-- keys: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)


def key_table(model: type[BaseModel]) -> str:
    """A Markdown table of a part's keys: what each says, and what holds where it is left out."""
    lines = ["| key | what it says | left out |", "| --- | --- | --- |"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        says = (field.description or "").replace("|", "\\|")
        lines.append(
            f"| `{key}` | {says} | {'must be there' if field.is_required() else _left_out(field.get_default())} |"
        )
    return "\n".join(lines) + "\n"


def _left_out(default: object) -> str:
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    return f"`{default}`" if isinstance(default, str) else "nothing"


def with_keys(text: str) -> str:
    """`text` with each marked table of keys written anew; raises `KeyError` for a part that there isn't."""

    def written(match: re.Match[str]) -> str:
        return f"<!-- keys: {match[1]} -->\n{key_table(_part(match[1]))}<!-- end -->"

    return MARK.sub(written, text)


def _part(name: str) -> type[BaseModel]:
    for module in (shapes, edition_shapes):
        if name in vars(module):
            part: type[BaseModel] = vars(module)[name]
            return part
    raise KeyError(name)
