"""What Prometheus reads of the queue, triage, deadlines and rules."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Gauge

from router.storage.desk_figures import DeskFigures
from router.web.kept_figures import OLDEST_SECONDS

Values = Iterable[tuple[tuple[object, ...], float]]


KEPT = f" Up to {OLDEST_SECONDS:.0f} s old: onethread_figures_age_seconds."
"""What the text of each of them ends with."""


def add_figures(registry: CollectorRegistry, figures: DeskFigures, age: float) -> None:
    """All of them are gauges: `_last_hour` counts what was done within it, by any process. `age`
    in seconds."""
    said = "How old the figures are that say so: they are read anew behind an answer."
    Gauge("onethread_figures_age_seconds", said, registry=registry).set(age)
    _add_queue(registry, figures)
    _add_triage(registry, figures)
    _add(
        registry,
        "onethread_deadlines_running",
        "Deadlines that count.",
        ["target"],
        (((row["target"],), row["running"]) for row in figures.deadlines),
    )
    _add(
        registry,
        "onethread_deadlines_late",
        "Of those: time has passed.",
        ["target"],
        (((row["target"],), row["late"]) for row in figures.deadlines),
    )
    _add(
        registry,
        "onethread_deadlines_breached_last_hour",
        "Deadlines that were passed.",
        ["target"],
        (((row["target"],), row["count"]) for row in figures.breaches),
    )
    _add(
        registry,
        "onethread_rule_runs_last_hour",
        "Runs of rules by what came of them; rule 0: a fact that no rule was asked about.",
        ["rule", "outcome"],
        (((row["rule"], row["outcome"]), row["count"]) for row in figures.rule_runs),
    )
    _one(registry, "onethread_rules_stopped", "Rules that ran too often.", figures.rules["stopped"])
    _one(
        registry,
        "onethread_rule_cases_put_off",
        "Cases that wait until a rule by time may go on.",
        figures.rules["put_off"],
    )
    _add(
        registry,
        "onethread_follower_behind",
        "Entries of the outbox that a follower has yet to read.",
        ["follower"],
        (((row["name"],), row["count"]) for row in figures.behind),
    )


def _add_queue(registry: CollectorRegistry, figures: DeskFigures) -> None:
    of = [(row["team_id"], row["access_class"], row["needs"]) for row in figures.lines]
    labels = ["team", "class", "needs"]
    for name, said, values in (
        ("waiting", "Cases that wait for an agent.", [row["waiting"] for row in figures.lines]),
        ("offered", "Of those: offered now.", [row["offered"] for row in figures.lines]),
        ("oldest_seconds", "How long somebody waits.", figures.oldest_seconds),
    ):
        pairs = zip(of, values, strict=True)
        _add(registry, f"onethread_queue_{name}", said, labels, pairs)
    _add(
        registry,
        "onethread_agents",
        "Agents by whether they are there.",
        ["availability"],
        (((row["availability"],), row["count"]) for row in figures.agents),
    )
    _add(
        registry,
        "onethread_assignment_steps_last_hour",
        "Cases offered, declined, assigned, returned, by step.",
        ["step"],
        (((row["step"],), row["count"]) for row in figures.steps),
    )


def _add_triage(registry: CollectorRegistry, figures: DeskFigures) -> None:
    triage = figures.triage
    _one(registry, "onethread_triage_read_last_hour", "Messages classified.", triage["read"])
    _one(
        registry,
        "onethread_triage_corrected_last_hour",
        "Messages that agents said something of.",
        triage["corrected"],
    )
    _one(
        registry,
        "onethread_dangers_waiting",
        "Dangers that were told and not yet escalated.",
        triage["waiting"],
    )
    _add(
        registry,
        "onethread_dangers_told_last_hour",
        "Dangers of which agents were told.",
        ["danger"],
        (((row["danger"],), row["told"]) for row in figures.dangers),
    )
    _add(
        registry,
        "onethread_dangers_escalated_last_hour",
        "Of those: supervisors were told too.",
        ["danger"],
        (((row["danger"],), row["escalated"]) for row in figures.dangers),
    )


def _add(
    registry: CollectorRegistry, name: str, said: str, labels: Sequence[str], values: Values
) -> None:
    gauge = Gauge(name, said + KEPT, labels, registry=registry)
    for of, value in values:
        gauge.labels(*(str(one) for one in of)).set(value)


def _one(registry: CollectorRegistry, name: str, said: str, value: float) -> None:
    Gauge(name, said + KEPT, registry=registry).set(value)
