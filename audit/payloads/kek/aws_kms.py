"""A key in AWS KMS, through Tink (extra ``aws-kms``)."""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field
from tink.integration import awskms

from audit.payloads.kek._tink import TinkKey


class Options(BaseModel):
    """Which key, and how to reach it; credentials come the way AWS's own tools find them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)/[A-Za-z0-9/_-]+$",
        description="The key's ARN, such as `arn:aws:kms:eu-central-1:111122223333:key/...`.",
    )
    endpoint_url: str | None = Field(None, description="Another endpoint than AWS's public one.")
    timeout_s: float = Field(2, gt=0, description="Longest wait for an answer, in seconds.")


def build(options: Options) -> TinkKey:
    """The key; nothing is asked of the service yet."""
    region = options.arn.split(":")[3]
    config = Config(
        region_name=region,
        connect_timeout=options.timeout_s,
        read_timeout=options.timeout_s,
        retries={"total_max_attempts": 2},
    )
    client = awskms.new_client(
        boto3_client=boto3.client("kms", endpoint_url=options.endpoint_url, config=config),
        key_uri=f"aws-kms://{options.arn}",
    )
    return TinkKey("aws_kms", f"aws-kms://{options.arn}", client.get_aead, (BotoCoreError, ClientError))
