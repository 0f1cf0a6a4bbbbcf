from gateway.pdp.metadata import annotations, metadata_problems
from gateway.pdp.rego import Module

TEXT = """# A comment.
package a

# METADATA
# title: What it is
# description: >-
#   folded
#   text
# entrypoint: true

# and more
decision := 1

# METADATA
# title: [
other := 2

# no METADATA
third := 3
"""


def test_blocks_belong_to_the_rule_below() -> None:
    """A block is read as YAML and named after the rule that follows it; one that is none is a problem."""
    first, second = annotations(Module("a.rego", TEXT.replace("\n# and more", "")))
    assert (first.subject, first.line, first.entrypoint) == ("decision", 4, True)
    assert first.values["description"] == "folded text"
    assert (second.subject, second.entrypoint) == ("other", False)
    assert [each.line for each in metadata_problems(Module("a.rego", TEXT.replace("\n# and more", "")))] == [
        13
    ]
