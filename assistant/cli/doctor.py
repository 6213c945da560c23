"""``apprentice doctor``: what works here, and the command that mends what does not."""

import asyncio
from dataclasses import asdict

import click

from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def doctor(invocation: Invocation, as_json: bool) -> int:
    """Check student, sandbox, terminal and programs. Exit code 1 only where the chat cannot work."""
    from assistant.doctor import chat_works, examine
    from assistant.settings import usable_settings

    settings, damage = usable_settings(invocation.workspace, flags=invocation.flags)
    checks = asyncio.run(examine(settings, invocation.workspace, damage))
    works = chat_works(checks)
    if as_json:
        print_json({"ok": works, "notices": settings.notices, "checks": [asdict(check) for check in checks]})
        return 0 if works else 1
    print_notices(settings.notices)
    width = max(len(check.name) for check in checks)
    for check in checks:
        click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<{width}}  {check.detail}".rstrip())
        if not check.ok and check.fix:
            click.echo(f"      {'':<{width}}  -> {check.fix}")
    click.echo("The chat works here." if works else "The chat cannot work here yet.")
    return 0 if works else 1
