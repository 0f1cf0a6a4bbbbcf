package tests.security.classes

import data.custody.access.decision
import data.tests.lib.samples

test_an_unknown_class_is_refused if {
	made := decision with input as samples.of_class("secret")
	not made.allow
	made.reasons[0].rule == "unknown_class"
}

test_restricted_data_goes_nowhere_even_with_a_grant if {
	made := decision with input as samples.granted("restricted", samples.grant("restricted", "2026-12-31T00:00:00Z"))
	not made.allow
	made.reasons[0].rule == "restricted_class"
}

test_only_public_data_leaves_the_house if {
	outside := object.union(samples.base_model, {"self_hosted": false})
	made := decision with input as samples.asking("chat", outside)
	not made.allow
	made.reasons[0].rule == "leaves_the_house"
}

test_the_ceiling_holds_though_the_owner_forgot_it if {
	low := object.union(samples.base_model, {"class_ceiling": "public"})
	made := decision with input as samples.asking("chat", low)
	not made.allow
	made.reasons[0].rule == "above_ceiling"
}
