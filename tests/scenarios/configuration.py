"""Settings of a gateway under test: the departments of the story, the captured model, short deadlines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_TEMPLATE = """
mode = "development"
state_dir = "{state}"

[server]
host = "127.0.0.1"
port = 0
max_body_bytes = 300_000
max_header_bytes = 16_384
body_timeout_s = 2
send_timeout_s = 2
stop_timeout_s = 3

[audit]
deadline_s = 2
refusals_singly = {singly}
{audit}

[policy]
{policy}

[redaction]
deadline_s = 10

{detectors}

[identity]
kind = "api_keys"

[[identity.principals]]
id = "it-helpdesk"
department = "it"
use_case = "it-helpdesk"

[[identity.principals]]
id = "product-lead"
kind = "person"
department = "product"
use_case = "support-drafting"

[[identity.principals]]
id = "retail-service"
department = "retail"
use_case = "complaint-triage"

[[identity.principals]]
id = "legal-counsel"
kind = "person"
department = "legal"
use_case = "contract-review"

[[backends]]
name = "gpu"
kind = "openai_compatible"
base_url = "{upstream}"
connect_timeout_s = 2
first_byte_timeout_s = 3
chunk_timeout_s = 2
total_timeout_s = 6
max_reply_bytes = 2_000_000
max_event_bytes = 200_000

[[assets]]
id = "northwind-base"
type = "base_model"
backend = "gpu"
base_model = "northwind-base"
class_ceiling = "internal"
facets = {{ accountable_owner = "it", custodian = "it" }}

[[assets]]
id = "support-tone"
type = "adapter"
backend = "gpu"
base_model = "northwind-base"
adapter = "support-tone"
class_ceiling = "internal"
facets = {{ accountable_owner = "product", custodian = "it" }}
"""

MODEL = "northwind-base"
DEPARTMENT_KEYS = {
    "it": "it-helpdesk",
    "product": "product-lead",
    "retail": "retail-service",
    "legal": "legal-counsel",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs from one gateway under test to the next.

    Each policy and audit line is ``key = value``; ``more`` is TOML of tables that the template does not have.
    """

    detectors: Sequence[str] = ("patterns", "secrets")
    policy: Sequence[str] = field(default=('kind = "embedded"',))
    more: str = ""
    singly: int = 100_000
    audit: Sequence[str] = ()


def write_settings(folder: Path, upstream: str, shape: Shape) -> Path:
    """Writes ``custody.toml`` into ``folder``; the state goes into ``folder/state``."""
    path = folder / "custody.toml"
    detectors = "\n".join(f'[[redaction.detectors]]\nkind = "{kind}"\n' for kind in shape.detectors)
    path.write_text(
        _TEMPLATE.format(
            state=folder / "state",
            upstream=upstream,
            detectors=detectors,
            policy="\n".join(shape.policy),
            singly=shape.singly,
            audit="\n".join(shape.audit),
        )
        + shape.more
    )
    return path
