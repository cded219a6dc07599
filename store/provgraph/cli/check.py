"""`provgraph check`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_csv, write_json, write_lines
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import nothing_there, open_core
from provgraph.cli.text import count_text

if TYPE_CHECKING:
    from provgraph.store.check import Finding

__all__ = ["check"]

SHOWN: Final = 10  # findings of one sort, in the table


@click.command(short_help="Look for records that are wrong.")
@url_option
@output_options()
@pass_settings
def check(settings: Settings) -> int:
    """Look for records that are wrong: dangling, duplicate, cyclic or contradictory.

    Reads the whole store. The exit code is 1 if something was found; each finding says what to do.
    """
    findings: list[Finding] = []
    if message := nothing_there(settings):
        say(message)
    else:
        findings = _look(settings)
    if settings.format == "json":
        rows = [{"check": f.check, "text": f.text, "refs": list(f.refs), "advice": f.advice} for f in findings]
        write_json({"ok": not findings, "findings": rows})
    elif settings.format == "csv":
        write_csv(
            ("check", "text", "refs", "advice"), ((f.check, f.text, " ".join(f.refs), f.advice) for f in findings)
        )
    else:
        _write(findings)
    return 1 if findings else 0


def _look(settings: Settings) -> list[Finding]:
    from provgraph.store.check import check_store

    core = open_core(settings)
    with closing(core.store), ProgressLine() as progress:
        return list(check_store(core, progress))


def _write(findings: Sequence[Finding]) -> None:
    if not findings:
        write_lines(["nothing is wrong"])
        return
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.check, []).append(finding)
    for name, members in groups.items():
        write_lines([f"{name} ({len(members):,}): {members[0].advice}"])
        write_lines(f"  {finding.text}" for finding in members[:SHOWN])
        if len(members) > SHOWN:
            write_lines([f"  … and {len(members) - SHOWN:,} more: --json has all"])
        write_lines([""])
    write_lines([f"{count_text(len(findings), 'finding')}"])
