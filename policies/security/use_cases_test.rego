package tests.security.use_cases

import data.custody.access.decision
import data.tests.lib.samples

test_a_use_case_is_for_its_own_department if {
	made := decision with input as samples.from("product", "complaint-triage")
	not made.allow
	made.reasons[0].rule == "foreign_use_case"
}

test_a_use_case_is_registered if {
	made := decision with input as samples.from("retail", "world-domination")
	not made.allow
	made.reasons[0].rule == "unknown_use_case"
}
