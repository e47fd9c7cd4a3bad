"""`coverage rules …`: what an underwriter asks of the rules. Each command stands in a file of its own; none needs a
database.
"""

from __future__ import annotations

import typer

from coverage.commands.rules.answering import JsonRefusing, print_json
from coverage.commands.rules.checking import check
from coverage.commands.rules.comparing import diff
from coverage.commands.rules.pricing import price
from coverage.commands.rules.starting import new
from coverage.commands.rules.trying import try_examples
from coverage.rulebook.describing import edition_schema

app = typer.Typer(
    no_args_is_help=True, help="Check, test, try, compare and begin the rules in pricing_rules/. Needs no database."
)

app.command(cls=JsonRefusing)(check)
app.command("test", cls=JsonRefusing)(try_examples)
app.command(cls=JsonRefusing)(price)
app.command(cls=JsonRefusing)(diff)
app.command(cls=JsonRefusing)(new)


@app.command()
def schema() -> None:
    """Print the JSON Schema of an edition, from which an editor completes and explains each key.

    It stands in pricing_rules/edition.schema.json, which each edition names in its first line.
    """
    print_json(edition_schema())
