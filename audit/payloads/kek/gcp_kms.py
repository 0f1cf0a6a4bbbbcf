"""A key in Google Cloud KMS, through Tink (extra ``gcp-kms``)."""

from pathlib import Path

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud import kms_v1
from pydantic import BaseModel, ConfigDict, Field
from tink.integration import gcpkms

from audit.payloads.kek._tink import TinkKey


class Options(BaseModel):
    """Which key, and who the gateway is to Google."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(
        pattern=r"^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$",
        description="The key's name: `projects/P/locations/L/keyRings/R/cryptoKeys/K`.",
    )
    credentials: Path | None = Field(
        None, description="Service account file; without it, Google's default credentials."
    )


def build(options: Options) -> TinkKey:
    """The key; nothing is asked of the service yet."""
    client = (
        kms_v1.KeyManagementServiceClient.from_service_account_file(str(options.credentials))
        if options.credentials
        else kms_v1.KeyManagementServiceClient()
    )
    uri = f"gcp-kms://{options.key}"
    served = gcpkms.new_client(kms_client=client, key_uri=uri)
    return TinkKey("gcp_kms", uri, served.get_aead, (GoogleAPIError, GoogleAuthError))
