"""Commands that say in one line what they met."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from forum.outages import ERRORS, outage_of


class PlainGroup(TyperGroup):
    """A command that found the database away, busy or full says so; anything else keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ERRORS as error:
            outage = outage_of(error)
            if outage is None:
                raise
            reason = str(error).partition("\n")[0]
            typer.echo(f"porchlight: {outage.message} {reason}", err=True)
            raise typer.Exit(1) from error
