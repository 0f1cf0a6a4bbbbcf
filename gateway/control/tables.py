"""All tables of the control database: a part that adds tables is imported here, so that METADATA is whole."""

from gateway.control import proposals, requests  # noqa: F401 - imported for their tables
from gateway.control.schema import METADATA
from gateway.ownership.disputes import tables as dispute_tables
from gateway.ownership.registry import tables as registry_tables
from gateway.ownership.rights import tables as rights_tables
from gateway.pdp.lifecycle import tables as policy_tables

__all__ = ["METADATA", "dispute_tables", "policy_tables", "registry_tables", "rights_tables"]
