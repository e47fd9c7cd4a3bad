"""What is sent to the stand-in, and how it is answered: names in brackets, pages of lists, and ids that are expanded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from coverage.gateways.stripe_stand_in.account import Account, Form, Refusal, Thing, number_of

_MOST_FIELDS: Final = 2_000
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){0,6})")
_PARTS: Final = re.compile(r"\[([^\[\]]*)\]")
_FILTERS: Final = ("payment_intent", "customer", "charge", "invoice")
_BOUNDS: Final = {
    "gte": lambda created, bound: created >= bound,
    "gt": lambda created, bound: created > bound,
    "lte": lambda created, bound: created <= bound,
    "lt": lambda created, bound: created < bound,
}


def parsed(sent: str) -> dict[str, Any]:
    """`a[b][0]=c&d[]=e` as `{"a": {"b": ["c"]}, "d": ["e"]}`. Raises `Refusal`."""
    try:
        pairs = parse_qsl(sent, keep_blank_values=True, strict_parsing=bool(sent), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Refusal(400, "What was sent is no form.") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        found = _NAME.fullmatch(name)
        if found is None:
            raise Refusal(400, "A parameter's name can't be read.")
        place = tree
        *path, last = [found[1], *_PARTS.findall(found[2])]
        for step in path:
            place = place.setdefault(step or str(len(place)), {})
            if not isinstance(place, dict):
                raise Refusal(400, "A parameter is both a value and a set.", param=found[1])
        last = last or str(len(place))
        if last in place:
            raise Refusal(400, "A parameter is given twice.", param=found[1])
        place[last] = value
    return {name: _rows(value) for name, value in tree.items()}


def _rows(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_rows(value[name]) for name in sorted(value, key=int)]
    return {name: _rows(inner) for name, inner in value.items()}


def listed(account: Account, kind: str, form: Form, url: str) -> Thing:
    """A page of a list, the newest first: https://docs.stripe.com/api/pagination."""
    found = [
        one
        for one in account.all_of(kind)
        if all(one.get(name) == form[name] for name in _FILTERS if name in form) and _within(one, form)
    ]
    limit = number_of(form, "limit") if "limit" in form else 10
    if not 1 <= limit <= 100:
        raise Refusal(400, "`limit` goes from 1 to 100.", param="limit")
    numbers = [one["id"] for one in found]
    if "starting_after" in form:
        found = found[_place(numbers, form, "starting_after") + 1 :]
        page, more = found[:limit], len(found) > limit
    elif "ending_before" in form:
        found = found[: _place(numbers, form, "ending_before")]
        page, more = found[-limit:], len(found) > limit
    else:
        page, more = found[:limit], len(found) > limit
    return {"object": "list", "url": url, "has_more": more, "data": page}


def _within(one: Thing, form: Form) -> bool:
    created = form.get("created", {})
    if not isinstance(created, dict) or not created.keys() <= _BOUNDS.keys():
        raise Refusal(400, "`created` has gt, gte, lt and lte.", param="created")
    return all(_BOUNDS[name](one["created"], number_of(created, name)) for name in created)


def _place(numbers: list[str], form: Form, name: str) -> int:
    if form[name] not in numbers:
        raise Refusal(400, f"No such object: '{form[name]}'", code="resource_missing", param=name)
    return numbers.index(form[name])


def shown(account: Account, thing: Any, paths: Iterable[str]) -> Any:
    """A thing as it is answered: ids on these paths stand as what they refer to, and what is kept aside is left out."""
    if isinstance(thing, list):
        paths = list(paths)
        return [shown(account, one, paths) for one in thing]
    if not isinstance(thing, dict):
        return thing
    below: dict[str, list[str]] = {}
    for path in paths:
        first, _, rest = path.partition(".")
        below.setdefault(first, []).append(rest)
    answer = {}
    for name, value in thing.items():
        if name.startswith("_"):
            continue
        if name in below and isinstance(value, str):
            value = account.referred(value) or value
        answer[name] = shown(account, value, [rest for rest in below.get(name, []) if rest])
    return answer
