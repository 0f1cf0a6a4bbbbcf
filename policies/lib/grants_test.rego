package tests.lib.grants

import data.custody.access.decision
import data.custody.lib.grants
import data.tests.lib.samples

test_a_grant_counts_until_it_expires if {
	grants.granted with input as samples.granted("confidential", samples.grant("confidential", "2026-07-01T10:00:00.001Z"))
	not expired_counts
}

expired_counts if {
	grants.granted with input as samples.granted("confidential", samples.grant("confidential", "2026-07-01T10:00:00Z"))
}

test_a_grant_counts_up_to_its_class if {
	made := decision with input as samples.granted("restricted", samples.grant("confidential", "2026-12-31T00:00:00Z"))
	not made.allow
}

test_a_grant_counts_for_its_department_action_and_use_case if {
	given := samples.grant("confidential", "2026-12-31T00:00:00Z")
	every change in [{"department": "legal"}, {"action": "embed"}, {"use_case": "contract-review"}] {
		made := decision with input as samples.granted("confidential", object.union(given, change))
		not made.allow
	}
}

test_invoke_covers_what_hands_a_prompt_over_and_nothing_else if {
	given := object.union(samples.grant("confidential", "2026-12-31T00:00:00Z"), {"action": "invoke"})
	asked := samples.granted("confidential", given)
	made := decision with input as asked
	made.allow
	tuning := decision with input as object.union(asked, {"action": {"name": "tune"}})
	not tuning.allow
}

# Product's rule asks for a grant of Product's: one on the base model below says nothing of the adapter.
test_a_grant_on_the_base_model_is_none_on_the_adapter if {
	given := samples.grant("confidential", "2026-12-31T00:00:00Z")
	made := decision with input as object.union(
		samples.of_class("confidential"),
		{"context": {"base_model_grants": [given]}},
	)
	not made.allow
	made.reasons[0].department == "product"
}
