"""`coverage …`: hands over to the commands, wired by the assembly."""

from __future__ import annotations

import gc
import logging

from coverage import commands


def main() -> None:
    """The command line's way in."""

    def wiring() -> commands.Wiring:
        # Imported only for the commands that serve: the rules' need no web and no database, and answer at once.
        # Nothing of it becomes garbage, for which all would be looked through again and again.
        gc.disable()
        from coverage.assembly import wiring as wired

        gc.freeze()
        gc.enable()
        return wired()

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    commands.run(wiring)


if __name__ == "__main__":
    main()
