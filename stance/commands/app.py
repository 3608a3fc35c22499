"""The command line: data to standard output, all else to standard error, errors in one line and exit code 2."""

from __future__ import annotations

import gc
import io
import sys
from typing import NoReturn

import click

from stance.commands.agree import agree
from stance.commands.check import check
from stance.commands.classify import classify
from stance.commands.evaluate import evaluate
from stance.commands.export import export
from stance.commands.import_ import import_
from stance.commands.inspect import inspect
from stance.commands.report import report
from stance.commands.shared import BAD_INPUT, INTERRUPTED
from stance.commands.suggest import suggest
from stance.commands.train import train
from stance.records import InputError

_LINE = 1200
"""Characters of an error's line: a message may quote what others wrote."""


class _Commands(click.Group):
    """Named in the order of the work, not of the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Label news passages by how they frame a matter, and by the stance they convey toward each actor.",
    epilog="Start with:  stance classify article.txt",
)
@click.option("--version", is_flag=True, help="Print the version and leave.")
@click.pass_context
def app(context: click.Context, version: bool) -> None:
    if version:
        from stance import __version__

        click.echo(f"stance {__version__}")
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (check, train, classify, report, evaluate, agree, inspect, export, import_, suggest):
    app.add_command(_command)


def main() -> NoReturn:
    """The entry point: turns errors into one line and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is told its number
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}")
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except click.ClickException as error:
        _fail(f"{error.format_message()} See stance --help." if error.format_message() else "See stance --help.")
    if code == INTERRUPTED:
        click.echo("stance: interrupted", err=True)
    gc.freeze()  # what is left is not looked through once more before it is thrown away
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> NoReturn:
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(message.split()))
    click.echo(f"stance: {line if len(line) <= _LINE else line[:_LINE] + '...'}", err=True)
    sys.exit(BAD_INPUT)
