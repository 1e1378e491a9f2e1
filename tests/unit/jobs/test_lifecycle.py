"""The states of a job, and the SQL that moves it between them."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
from celery import states

from focusjobs.jobs.domain.lifecycle import FINISHED, MOVES, PENDING, UNFINISHED, State
from focusjobs.jobs.interventions import statements as intervention_statements
from focusjobs.jobs.ledger import statements

LEDGER = [import_module(f"{statements.__name__}.{found.name}") for found in iter_modules(statements.__path__)]
SQL = {
    name: text
    for module in (*LEDGER, intervention_statements)
    for name, text in vars(module).items()
    if name.isupper() and isinstance(text, str)
}
OTHER_LITERALS = {"drain", "limited", "message", "off", "synchronous_commit", "stalled", "fail"}
"""Quoted words of the statements that are no states: lanes, a setting, an attempt's outcome, a child's policy."""


def words(text: str) -> set[str]:
    return set(re.findall(r"'([a-z_]+)'", text))


def test_every_state_in_the_statements_is_a_state() -> None:
    assert set().union(*map(words, SQL.values())) - OTHER_LITERALS <= {state.value for state in State}


def test_the_statements_know_every_state() -> None:
    assert {state.value for state in State} <= set().union(*map(words, SQL.values()))


@pytest.mark.parametrize("name", ["INSERT_UNIQUE", "INSERT_OR_REPLACE", "HOLDER", "RETRY"])
def test_a_key_is_held_in_exactly_the_unfinished_states(name: str) -> None:
    lists = [words(part) for part in re.findall(r"state IN \(([^)]*)\)", SQL[name])]
    assert {state.value for state in UNFINISHED} in lists


def test_finishing_dates_exactly_the_finished_states() -> None:
    (part,) = re.findall(r"ended.state IN \(([^)]*)\)", SQL["FINISH"])
    assert words(part) == {state.value for state in FINISHED}


def test_an_operator_cancels_exactly_the_pending_states() -> None:
    (part,) = re.findall(r"state IN \(([^)]*)\)", SQL["CANCEL"])
    assert words(part) == {state.value for state in PENDING}


def test_a_state_is_finished_or_unfinished_but_not_both() -> None:
    assert sorted((*UNFINISHED, *FINISHED)) == sorted(State)


def test_every_state_has_its_moves_and_a_finished_job_moves_only_to_be_retried() -> None:
    assert set(MOVES) == set(State)
    retried = frozenset({State.WAITING, State.WAITING_CHILDREN})
    assert [MOVES[state] for state in FINISHED] == [frozenset(), retried, retried]


def test_only_a_job_that_waits_becomes_active() -> None:
    assert [state for state, moves in MOVES.items() if State.ACTIVE in moves] == [State.WAITING]


def test_every_pending_state_can_be_cancelled() -> None:
    assert all(State.CANCELLED in MOVES[state] for state in PENDING)


def test_celery_has_a_name_for_every_state_and_calls_exactly_the_finished_ones_ready() -> None:
    from focusjobs.jobs.backend import CELERY_STATE

    assert set(CELERY_STATE) == set(State)
    assert {state for state, name in CELERY_STATE.items() if name in states.READY_STATES} == set(FINISHED)
