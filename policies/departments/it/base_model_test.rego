package tests.departments.it.base_model

import data.custody.access.decision
import data.tests.lib.samples

test_every_department_may_chat_up_to_internal if {
	every department in ["it", "product", "retail", "legal", "audit"] {
		asked := object.union(samples.from(department, ""), {"resource": samples.base_model})
		made := decision with input as asked
		made.allow
	}
}

test_confidential_needs_a_grant_of_it if {
	plain := object.union(samples.of_class("confidential"), {"resource": samples.base_model})
	made := decision with input as plain
	not made.allow
	made.reasons[0].rule == "base_model_above_internal"
	given := samples.granted("confidential", samples.grant("confidential", "2026-12-31T00:00:00Z"))
	other := decision with input as object.union(given, {"resource": samples.base_model})
	other.allow
}

test_chat_is_not_tuning if {
	every action in ["embed", "tune", "deploy", "manage"] {
		made := decision with input as samples.asking(action, samples.base_model)
		not made.allow
	}
}

test_it_manages_its_model if {
	asked := object.union(samples.asking("manage", samples.base_model), {"subject": {"department": "it"}})
	made := decision with input as asked
	made.allow
}

test_everyone_sees_it if {
	made := decision with input as samples.asking("discover", samples.base_model)
	made.allow
}

test_embedding_with_an_adapter_needs_a_grant_on_both if {
	given := object.union(samples.grant("internal", "2026-12-31T00:00:00Z"), {"action": "invoke"})
	asked := object.union(samples.granted("internal", given), {"action": {"name": "embed"}})
	one := decision with input as asked
	not one.allow
	one.reasons[0].department == "it"
	both := decision with input as object.union(asked, {"context": {"base_model_grants": [given]}})
	both.allow
}
