"""Figures with a limit, in the form in which latchkey-gate-bench prints its own: `./dev bench --gate` collects both."""

from __future__ import annotations


def report(what: str, value: float, unit: str, most: float) -> bool:
    """Prints it; whether the limit is kept."""
    is_kept = value <= most
    print(f"{what:<58} {value:10.3f} {unit:<6} (limit {most:g}){'' if is_kept else '  NOT KEPT'}", flush=True)
    return is_kept
