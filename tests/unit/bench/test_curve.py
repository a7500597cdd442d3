"""The benchmark of encryption: that both rows are there."""

import pytest

from bench import curve


def test_both_mechanisms_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SMALL", 20), ("LARGE", 4), ("CONNECTIONS", 2)):
        monkeypatch.setattr(curve, name, value)
    plain, encrypted = curve.measure()
    assert (plain["mechanism"], encrypted["mechanism"]) == ("null", "curve")
    assert plain.keys() == encrypted.keys()
