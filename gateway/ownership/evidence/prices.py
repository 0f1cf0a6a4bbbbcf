import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_Amount: TypeAlias = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class PricesInvalid(Exception):
    """A file of prices cannot be read; the message says what is wrong in it."""


class Price(BaseModel):
    """What use of an asset costs: per second of model time, and per 1,000 tokens in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_second: _Amount = Decimal(0)
    prompt_tokens_1000: _Amount = Decimal(0)
    completion_tokens_1000: _Amount = Decimal(0)


class Prices(Price):
    """Prices by contract: those of the house, and of single assets where they differ."""

    currency: str = Field(min_length=1, max_length=8)
    assets: Mapping[str, Price] = Field(default_factory=dict)

    def of(self, asset: str) -> Price:
        """The price of one asset."""
        return self.assets.get(asset, self)


def read_prices(path: Path) -> Prices:
    """The table ``costs`` of a TOML file; raises PricesInvalid.

    Amounts may be quoted, so that they are read as they stand.
    """
    try:
        text = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
        return Prices.model_validate(text.get("costs"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PricesInvalid(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        places = (".".join(map(str, each["loc"])) or "[costs]" for each in error.errors())
        raise PricesInvalid(f"{path}, [costs]: {', '.join(places)} cannot be accepted.") from error
