"""The estimate follows the templates: what is made bigger costs more, and nothing that has a size is without a price."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra import cost
from infra.errors import ConfigurationError
from infra.sources import ROOT
from infra.templates import Templates


def _total(stage: Templates) -> float:
    return sum(row.monthly for row in cost.estimate(stage, cost.prices()))


def test_every_size_has_a_price(on_aws: Templates) -> None:
    services = {row.service for row in cost.estimate(on_aws, cost.prices())}
    assert {
        "RDS",
        "ElastiCache",
        "MSK",
        "Fargate",
        "Lambda",
        "Load balancer",
        "Network",
        "KMS",
        "Secrets Manager",
        "CloudWatch",
        "WAF",
    } == services


def test_customers_stages_cost_more_than_dev(synth: Callable[..., Templates]) -> None:
    dev, staging, prod = (_total(synth(stage)) for stage in ("dev", "staging", "prod"))
    assert dev < staging < prod


def test_a_second_zone_costs_a_second_database(synth: Callable[..., Templates]) -> None:
    rows = {row.what: row.monthly for row in cost.estimate(synth("prod"), cost.prices())}
    hourly = cost.prices()["rds_instance_hour"]["db.r8g.large"]
    assert rows["db.r8g.large, 2 zone(s)"] == pytest.approx(2 * 730 * hourly)


def test_a_size_without_a_price_is_named(prod: Templates) -> None:
    table = {**cost.prices(), "kafka_broker_hour": {}}
    with pytest.raises(ConfigurationError, match=r"no price for kafka\.m7g\.large: add it to 'kafka_broker_hour'"):
        cost.estimate(prod, table)


def test_the_report_says_when_the_prices_are_from_and_what_is_not_in_it(prod: Templates) -> None:
    table = cost.prices()
    text = cost.report("prod", cost.estimate(prod, table), table)
    assert table["as_of"] in text
    assert "On top: requests" in text


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_the_page_on_sizing_names_the_sum(synth: Callable[..., Templates], stage: str) -> None:
    page = (ROOT / "docs" / "sizing.md").read_text()
    assert f"| {stage} | {_total(synth(stage)):,.0f} |" in page
