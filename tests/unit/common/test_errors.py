import pytest

from mycrypto.errors import CATALOGUE, FieldError, ProblemError, invalid

SPECIFIED = {
    "AUTH_001": 401,
    "AUTH_002": 403,
    "AUTH_003": 403,
    "AUTH_004": 401,
    "WALLET_001": 400,
    "WALLET_002": 400,
    "WALLET_003": 400,
    "ORDER_001": 400,
    "ORDER_002": 400,
    "ORDER_003": 404,
    "ORDER_004": 400,
    "TRADE_001": 500,
}


@pytest.mark.parametrize(("code", "status"), SPECIFIED.items())
def test_the_specified_codes_have_their_status(code: str, status: int) -> None:
    assert CATALOGUE[code].status == status


def test_every_row_speaks_to_the_program_and_to_the_user() -> None:
    for code, kind in CATALOGUE.items():
        assert kind.code == code
        assert 400 <= kind.status < 600
        assert kind.title
        assert kind.message.endswith(".")


def test_a_code_stands_once_in_the_catalogue() -> None:
    from mycrypto import errors

    codes = [row.code for row in errors._ROWS]
    assert len(codes) == len(set(codes))


def test_a_problem_carries_the_figures_of_its_case() -> None:
    problem = ProblemError("WALLET_001", "42.5 USDT are needed, 40 are available", required="42.5", available="40")
    body = problem.body(instance="/api/v1/orders", trace_id="t-1")
    assert body["status"] == 400
    assert body["type"] == "https://docs.mycrypto.example/problems/wallet-001"
    assert (body["required"], body["available"]) == ("42.5", "40")
    assert (body["instance"], body["trace_id"], body["errors"]) == ("/api/v1/orders", "t-1", [])


def test_a_field_error_names_its_field() -> None:
    problem = invalid("quantity", "must be greater than zero")
    assert problem.errors == (FieldError("quantity", "must be greater than zero"),)
    assert problem.body()["errors"] == [{"field": "quantity", "message": "must be greater than zero", "code": "POSITIVE", "params": {}}]


def test_a_figure_of_a_case_cannot_take_the_place_of_a_member() -> None:
    with pytest.raises(TypeError, match="status"):
        ProblemError("WITHDRAWAL_STATUS", status="APPROVED")
