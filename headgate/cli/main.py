"""Wires the commands, loads none of them until it is called, and turns errors into exit codes."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand

from headgate.errors import Exit, HeadgateError

# name -> "module:attribute" under headgate.cli, and the line for --help: so that `--help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "toolchain": ("toolchain:toolchain", "Build, list and find the pinned tools."),
    "sandbox": ("sandbox:sandbox", "The embedded platform: up, down, status, logs, reset, fault."),
    "env": ("env:env", "Print the environment in which plain `pulumi` and `kubectl` work."),
    "up": ("up:up", "Deploy a stack: repair, preview, gates, update, record."),
    "destroy": ("destroy:destroy", "Delete all resources of a stack: plan, gates, approvals, record."),
    "refresh": ("refresh:refresh", "Take over into a stack's state what its resources have become."),
    "import": ("import_resource:import_resource", "Put a resource that exists under a stack's control."),
    "plan": ("plan:plan", "Make the plan of a protected stack, check it, say what it needs."),
    "approve": ("approve:approve", "Read a plan, and sign it."),
    "approvals": ("approvals:approvals", "Who approved a plan; which signatures do not count, and why."),
    "stack": ("stack:stack", "New, list, validate, explain, compare and draw stacks."),
    "release": ("release:release", "Move a release from dev to staging to prod."),
    "check": ("check:check", "Gate 1: judge a stack, a plan or manifests."),
    "policy": ("policy:policy", "List, explain and test the rules."),
    "waiver": ("waiver:waiver", "Ask for, sign, list and end leave to break a rule."),
    "model": ("model:model", "Push, prove, promote and look at model versions."),
    "audit": ("audit:audit", "Append to and verify the ledger."),
    "drill": ("drill:drill", "Try on purpose what a platform has to survive: a failover."),
    "watchdog": ("watchdog:watchdog", "Call somebody when a platform's alerting falls silent."),
    "tour": ("tour:tour", "What runs, where, and what to try next."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(f"headgate.cli.{module}"), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a mistyped name is answered with the nearest of the table."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="headgate")
def cli() -> None:
    """Headgate: infrastructure and policy for machine-learning platforms."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line; every error ends in a documented exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        result: Any = cli.main(args=arguments, prog_name="headgate", standalone_mode=False)
    except HeadgateError as error:
        if "--json" in arguments:
            click.echo(json.dumps(error.as_json()), err=True)
        else:
            from headgate.cli.plain import lines_of

            click.echo(click.style("error: ", fg="red", bold=True) + lines_of(str(error).split("\n")), err=True)
        sys.exit(int(error.exit_code))
    except click.ClickException as error:
        if "--json" in arguments and not isinstance(error, NoArgsIsHelpError):
            click.echo(json.dumps(_misuse(error).as_json()), err=True)
        else:
            error.show()
        sys.exit(int(Exit.NOT_EVALUATED))
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except Exception as error:
        # Exit code 1 means violations: what nobody foresaw must not look like a verdict.
        traceback.print_exc()
        click.echo(
            f"this is a defect of headgate ({type(error).__name__}): please report it with the lines above", err=True
        )
        sys.exit(int(Exit.NOT_EVALUATED))
    sys.exit(result if isinstance(result, int) else 0)


def _misuse(error: click.ClickException) -> HeadgateError:
    """Return what click found wrong with the command line as one of our own errors."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "headgate"
    return HeadgateError(error.format_message(), where=path, fix=f"{path} --help")


if __name__ == "__main__":
    main()
