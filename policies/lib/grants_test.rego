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
