"""What is said at start about a setting that is wrong: one line, with its name."""

from pathlib import Path

import pytest

from bot.core.office import Office
from bot.settings import Misconfigured, Settings, read_settings


def read(tmp_path: Path, terms: str) -> Settings:
    """The settings with these of the letter's numbers."""
    path = tmp_path / "comptoir.toml"
    path.write_text(f"[terms]\n{terms}\n")
    return read_settings({"COMPTOIR_CONFIG": str(path)})


@pytest.mark.parametrize("country", ["FR", "FR-57", "BE", "DE-BY"])
def test_staff_have_the_holidays_of_the_providers_country(tmp_path: Path, country: str) -> None:
    assert read(tmp_path, f'country = "{country}"').terms.house == Office(country=country)


@pytest.mark.parametrize("country", ["ZZ", "FR-ZZ", "", "France"])
def test_country_whose_holidays_nobody_knows_is_said_in_one_line(tmp_path: Path, country: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read(tmp_path, f'country = "{country}"')

    said = str(refused.value)
    assert said.endswith(
        f"comptoir.toml: terms.country: no public holidays are known of “{country}”;"
        " give a country as FR, with a region as FR-57"
    )
    assert "\n" not in said
