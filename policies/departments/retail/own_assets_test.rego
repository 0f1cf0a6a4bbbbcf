package tests.departments.retail.own_assets

import data.custody.access.decision
import data.tests.lib.samples

owned := object.union(samples.base_model, {"id": "retail-model", "facets": {"accountable_owner": "retail"}})

asked(department, action) := object.union(
	object.union(samples.from(department, ""), {"action": {"name": action}}),
	{"resource": owned},
)

test_own_people_manage if {
	made := decision with input as asked("retail", "manage")
	made.allow
}

test_others_neither_see_nor_call if {
	every action in ["discover", "chat", "manage"] {
		made := decision with input as asked("product", action)
		not made.allow
	}
}

test_a_grant_opens_it if {
	given := object.union(samples.grant("internal", "2026-12-31T00:00:00Z"), {"department": "product", "use_case": ""})
	made := decision with input as object.union(asked("product", "chat"), {"context": {"grants": [given]}})
	made.allow
}
