import msgspec
import pytest

from mycrypto import settings


class Example(msgspec.Struct, frozen=True):
    database_url: str
    port: int = 8080
    strict: bool = False


def test_variables_are_converted_and_empty_ones_are_absent() -> None:
    loaded = settings.load(Example, {"DATABASE_URL": "postgresql://db", "PORT": "", "STRICT": "true"})
    assert loaded == Example("postgresql://db", 8080, strict=True)


@pytest.mark.parametrize("environment", [{}, {"DATABASE_URL": "x", "PORT": "many"}])
def test_what_is_wrong_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(settings.SettingsError, match=r"Example: .*(database_url|port)"):
        settings.load(Example, environment)
