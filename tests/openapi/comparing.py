"""What of an API's document breaks those who were written for an earlier one: a small, strict comparer.

A request that was taken must still be taken; an answer must still be one that was told of. What goes in may become wider,
what comes out may gain fields; everything else is a break. Whatever isn't understood is compared word for word, so that
nothing passes because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

Way = Literal["in", "out"]

# What says nothing to a program.
WORDS: Final = {"title", "description", "summary", "example", "examples", "deprecated"}
# Bounds, and which of two holds less: for "most" the smaller one.
MOST: Final = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
LEAST: Final = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What of `old` no longer holds in `new`, each with its place."""
    return list(dict.fromkeys(_Comparison(old, new).all()))


class _Comparison:
    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.old, self.new = old, new
        self._seen: set[tuple[str, str, Way]] = set()

    def all(self) -> Iterator[str]:
        for path, item in self.old["paths"].items():
            if path not in self.new["paths"]:
                yield f"{path}: is gone"
                continue
            for method, operation in item.items():
                where = f"{method.upper()} {path}"
                now = self.new["paths"][path].get(method)
                if now is None:
                    yield f"{where}: is gone"
                else:
                    yield from self._operation(where, operation, now)
        yield from self._webhooks(self.old.get("webhooks", {}), self.new.get("webhooks", {}))

    def _webhooks(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        """What is sent is told, as answers are; what it is answered is taken, as requests are. A new kind breaks nobody."""
        for kind, item in old.items():
            if kind not in new:
                yield f"{kind}: is never sent any more"
                continue
            for method, letter in item.items():
                now = new[kind].get(method)
                if now is None:
                    yield f"{kind}: isn't sent by {method.upper()} any more"
                else:
                    yield from self._letter(kind, letter, now)

    def _letter(self, kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        yield from self._sent_with(kind, old.get("parameters", []), new.get("parameters", []))
        before, now = self._old(old["requestBody"]), self._new(new.get("requestBody", {}))
        for media, content in before["content"].items():
            if media not in now.get("content", {}):
                yield f"{kind}: isn't sent as {media} any more"
            else:
                yield from self._schema(kind, content["schema"], now["content"][media]["schema"], "out")
        for status in old["responses"].keys() - new["responses"].keys():
            yield f"{kind}: an answer {status} isn't taken as it was"

    def _sent_with(self, kind: str, old: list[Any], new: list[Any]) -> Iterator[str]:
        now = {(one["in"], one["name"]): one for one in (self._new(one) for one in new)}
        for one in (self._old(one) for one in old):
            place, there = f"{kind} {one['in']} {one['name']}", now.get((one["in"], one["name"]))
            if there is None or (one.get("required") and not there.get("required")):
                yield f"{place}: isn't always sent any more"
            else:
                yield from self._schema(place, one["schema"], there["schema"], "out")

    def _operation(self, where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{where}: is named {new.get('operationId')} now"
        if old.get("security") != new.get("security"):
            yield f"{where}: asks for another key"
        yield from self._parameters(where, old.get("parameters", []), new.get("parameters", []))
        yield from self._body(where, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                # An error that is never answered any more breaks nobody.
                if status.startswith("2"):
                    yield f"{where}: never answers {status} any more"
                continue
            yield from self._answer(f"{where} {status}", answer, new["responses"][status])
        for status in new["responses"].keys() - old["responses"].keys():
            if status.startswith("2"):
                yield f"{where}: may answer {status} now"

    def _parameters(self, where: str, old: list[Any], new: list[Any]) -> Iterator[str]:
        now = {(one["in"], one["name"]): one for one in (self._new(one) for one in new)}
        before = {(one["in"], one["name"]): one for one in (self._old(one) for one in old)}
        for key, one in before.items():
            place = f"{where} {key[0]} {key[1]}"
            if key not in now:
                yield f"{place}: isn't taken any more"
                continue
            if now[key].get("required") and not one.get("required"):
                yield f"{place}: is required now"
            yield from self._schema(place, one["schema"], now[key]["schema"], "in")
        for key, one in now.items():
            if key not in before and one.get("required"):
                yield f"{where} {key[0]} {key[1]}: is new, and required"

    def _body(self, where: str, old: Any, new: Any) -> Iterator[str]:
        if old is None:
            if new is not None and self._new(new).get("required"):
                yield f"{where} body: is new, and required"
            return
        if new is None:
            yield f"{where} body: isn't taken any more"
            return
        old, new = self._old(old), self._new(new)
        if new.get("required") and not old.get("required"):
            yield f"{where} body: is required now"
        for media, content in old["content"].items():
            if media not in new["content"]:
                yield f"{where} body: isn't taken as {media} any more"
            else:
                yield from self._schema(f"{where} body", content["schema"], new["content"][media]["schema"], "in")

    def _answer(self, where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        old, new = self._old(old), self._new(new)
        for media, content in old.get("content", {}).items():
            if media not in new.get("content", {}):
                yield f"{where}: isn't told as {media} any more"
            elif "schema" in content:
                yield from self._schema(where, content["schema"], new["content"][media].get("schema", {}), "out")
        for name, header in old.get("headers", {}).items():
            there = new.get("headers", {}).get(name)
            if self._old(header).get("required") and not (there and self._new(there).get("required")):
                yield f"{where} header {name}: isn't always there any more"

    def _old(self, node: Any) -> Any:
        return _resolved(self.old, node)

    def _new(self, node: Any) -> Any:
        return _resolved(self.new, node)

    # ------------------------------------------------------------------------------------------ schemas

    def _schema(self, where: str, old: Any, new: Any, way: Way) -> Iterator[str]:
        names = (str(old.get("$ref", "")), str(new.get("$ref", "")), way)
        if names[0] and names[1]:
            if names in self._seen:
                return
            self._seen.add(names)
            where = names[0].rpartition("/")[2] + (" (sent)" if way == "in" else " (told)")
        old, new = self._old(old), self._new(new)
        choices = [key for key in ("anyOf", "oneOf") if key in old or key in new]
        if choices:
            yield from self._choices(where, _choices_of(old), _choices_of(new), way)
            return
        yield from self._kinds(where, old, new, way)
        yield from self._bounds(where, old, new, way)
        if "properties" in old or "properties" in new:
            yield from self._fields(where, old, new, way)
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self._schema(f"{where}/*", old[key], new[key], way)
            elif old.get(key) != new.get(key):
                yield from self._freedom(f"{where} {key}", old.get(key, True), new.get(key, True), way)
        known = {
            *WORDS, *MOST, *LEAST, "type", "enum", "const", "not", "properties", "required", "items", "additionalProperties",
            "$ref", "discriminator", "pattern", "format", "default",
        }  # fmt: skip
        for key in (old.keys() | new.keys()) - known:
            if old.get(key) != new.get(key):
                yield f"{where}: {key} was {old.get(key)!r} and is {new.get(key)!r}"

    def _choices(self, where: str, old: list[Any], new: list[Any], way: Way) -> Iterator[str]:
        """What goes in must still find a choice; what comes out must be one that there was."""
        for one in old if way == "in" else new:
            pairs = [(one, other) if way == "in" else (other, one) for other in (new if way == "in" else old)]
            # What has kept its name is what it was meant to be: what became of it is told inside of it.
            named = [(before, now) for before, now in pairs if "$ref" in before and before["$ref"] == now.get("$ref")]
            if named:
                yield from self._schema(where, *named[0], way)
            elif not any(self._agree(before, now, way) for before, now in pairs):
                yield (
                    f"{where}: {_shown(one)} isn't taken any more"
                    if way == "in"
                    else f"{where}: may be {_shown(one)} now"
                )

    def _agree(self, old: Any, new: Any, way: Way) -> bool:
        """Whether nothing breaks between two schemas. What is looked at only to find out isn't taken for told."""
        apart = _Comparison(self.old, self.new)
        apart._seen = set(self._seen)
        return next(apart._schema("", old, new, way), None) is None

    def _kinds(self, where: str, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[str]:
        if old.get("type") != new.get("type"):
            wider = "type" not in new if way == "in" else "type" not in old
            numbers = {"in": ("integer", "number"), "out": ("number", "integer")}[way]
            if not wider and (old.get("type"), new.get("type")) != numbers:
                yield f"{where}: was {old.get('type')} and is {new.get('type')}"
        before, now = _values(old), _values(new)
        if before != now:
            narrow, wide = (before, now) if way == "in" else (now, before)
            if wide is not None and (narrow is None or not narrow <= wide):
                more = "any" if narrow is None else ", ".join(sorted(map(str, narrow - wide)))
                yield f"{where}: {more} isn't taken any more" if way == "in" else f"{where}: may be {more} now"
        yield from self._excluded(where, old, new, way)
        for key in ("pattern", "format"):
            if old.get(key) != new.get(key) and (new if way == "in" else old).get(key) is not None:
                yield f"{where}: its {key} was {old.get(key)} and is {new.get(key)}"
        if way == "in" and old.get("default") != new.get("default"):
            yield f"{where}: left out, it was {old.get('default')!r} and is {new.get('default')!r}"

    @staticmethod
    def _excluded(where: str, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[str]:
        """What a schema is not: values that it lists (`not: {enum: […]}`). Anything else is compared word for word."""
        sent, taken = (old, new) if way == "in" else (new, old)
        if "not" not in taken:
            return
        without, listed = _unlisted(taken), _values(sent)
        if without is None:
            strange = taken["not"] != sent.get("not")
        elif listed is not None:
            strange = bool(listed & without)
        else:
            strange = not without <= (_unlisted(sent) or set())
        if strange:
            yield f"{where}: not was {old.get('not')!r} and is {new.get('not')!r}"

    @staticmethod
    def _bounds(where: str, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[str]:
        for names, sign in ((MOST, 1), (LEAST, -1)):
            for name in names:
                sent, taken = (old, new) if way == "in" else (new, old)
                bound = taken.get(name)
                listed = _values(sent)
                if bound is not None and listed is not None and name in ("minLength", "maxLength"):
                    # What is listed is as long as it is, whatever is said of its length.
                    if any(len(str(value)) * sign > bound * sign for value in listed):
                        yield f"{where}: {name} was {old.get(name)} and is {new.get(name)}"
                elif bound is not None and (sent.get(name) is None or sent[name] * sign > bound * sign):
                    yield f"{where}: {name} was {old.get(name)} and is {new.get(name)}"

    def _fields(self, where: str, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in now:
                yield f"{where}/{name}: is gone"
            else:
                yield from self._schema(f"{where}/{name}", schema, now[name], way)
        had, has = set(old.get("required", ())), set(new.get("required", ()))
        if way == "in":
            yield from (f"{where}/{name}: is required now" for name in sorted(has - had))
        else:
            yield from (f"{where}/{name}: isn't always there any more" for name in sorted((had & now.keys()) - has))

    @staticmethod
    def _freedom(where: str, old: Any, new: Any, way: Way) -> Iterator[str]:
        """What else may stand in an object or a list: anything (true), nothing (false), or what a schema says."""
        tighter = new is not True and old is not False
        if way == "in" and tighter:
            yield f"{where}: takes less than it did"
        elif way == "out" and (old is not True and new is not False) and not (old is False and isinstance(new, dict)):
            yield f"{where}: may hold more than it did"


def _resolved(document: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        found: Any = document
        for token in node["$ref"].removeprefix("#/").split("/"):
            found = found[token]
        node = found
    return node


def _choices_of(schema: dict[str, Any]) -> list[Any]:
    found: list[Any] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _values(schema: dict[str, Any]) -> set[Any] | None:
    """The values that a schema lists; None where it lists none."""
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def _unlisted(schema: dict[str, Any]) -> set[Any] | None:
    """The values that a schema says it isn't, where that is all that it says it isn't."""
    excluded = schema.get("not", {})
    return set(excluded["enum"]) if isinstance(excluded, dict) and set(excluded) == {"enum"} else None


def _shown(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", schema.get("type", "anything"))).rpartition("/")[2]
