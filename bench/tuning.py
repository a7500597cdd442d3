"""The settings of the search tuned by an optimiser, on the points that short searches lose beside long ones.

A trial costs a short search of each position; the long searches are made once. Half of the positions are kept from the
optimiser, for its best trial is the luckiest of many on those that it sees.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from bench.agreement import LongSearch, Verdict, compared
from bench.oracle import device_for
from bench.policies import Setting, oracles
from protocol.messages import SearchSettings

RANGES: Mapping[str, tuple[float, float]] = {
    "exploration": (0.5, 2.0),
    "exploration_log": (0.0, 1.0),
    "utility_deviation_scale": (0.0, 1.0),
    "fpu_reduction": (0.0, 0.6),
    "root_fpu_reduction": (0.0, 0.6),
    "static_score_utility": (0.0, 0.4),
    "dynamic_score_utility": (0.0, 0.8),
    "score_center_zero": (0.0, 1.0),
    "score_center_scale": (0.3, 1.5),
    "noise_pruning": (0.0, 0.5),
    "value_bias": (0.0, 0.8),
}
"""The settings that may be tuned, and between which values."""


def measure(
    net: Path | None,
    size: int,
    visits: int,
    reference: int,
    positions: int,
    names: Sequence[str],
    trials: int,
    journal: Path | None,
    tell: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """Rows of the usual settings and of the best found ones, over the positions tuned on and over those kept back.

    ``visits``, ``reference``: of a short and of a long search. ``names``: what is tuned, of ``RANGES``. ``journal``:
    a file with what trials came to; the same call goes on from it. Raises ``NetError``.
    """
    device = device_for(net)
    long: list[LongSearch] = []
    for oracle in oracles(device, positions, size):
        long.append(LongSearch(oracle, reference))
        tell(f"{len(long)} of {positions} long searches")
    seen, unseen = long[::2], long[1::2]
    study = _study(journal, names)
    for done in range(len(study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])), trials):
        trial = study.ask()
        changes = {name: trial.suggest_float(name, *RANGES[name]) for name in names}
        study.tell(trial, statistics.fmean(one.regret for one in _judged(seen, visits, changes)))
        tell(f"{done + 1} of {trials} trials: regret {study.best_value:.3f} of {study.best_params}")
    for which, searches in ((False, seen), (True, unseen)):
        usual = _judged(searches, visits, {})
        for name, changes in (("usual", {}), ("tuned", study.best_params)):
            found = compared(_judged(searches, visits, changes), usual)
            yield {"kept_back": which, "settings": name, **found, **changes}


def _study(journal: Path | None, names: Sequence[str]) -> optuna.Study:
    """A study that begins with the usual settings."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = JournalStorage(JournalFileBackend(str(journal))) if journal else None
    study = optuna.create_study(
        storage=storage, sampler=optuna.samplers.TPESampler(seed=0), study_name="search", load_if_exists=True
    )
    if not study.trials:
        usual = SearchSettings()
        study.enqueue_trial({name: getattr(usual, name) for name in names})
    return study


def _judged(searches: Sequence[LongSearch], visits: int, changes: Mapping[str, Any]) -> list[Verdict]:
    setting = Setting(visits=visits, changes=tuple(changes.items()))
    return [one.judge(setting) for one in searches]
