package tests.departments.legal.own_assets

import data.custody.access.decision
import data.tests.lib.samples

owned := object.union(samples.base_model, {"id": "legal-model", "facets": {"accountable_owner": "legal"}})

asked(department, action) := object.union(
	object.union(samples.from(department, ""), {"action": {"name": action}}),
	{"resource": owned},
)

test_own_people_manage if {
	made := decision with input as asked("legal", "manage")
	made.allow
}

test_others_neither_see_nor_call if {
	every action in ["discover", "chat", "manage"] {
		made := decision with input as asked("product", action)
		not made.allow
	}
}

test_a_grant_opens_it_more_strictly if {
	given := object.union(samples.grant("internal", "2026-12-31T00:00:00Z"), {"department": "product", "use_case": ""})
	made := decision with input as object.union(asked("product", "chat"), {"context": {"grants": [given]}})
	made.allow
	made.obligations.prompt.US_SSN == "mask"
	made.obligations.prompt.PERSON == "replace"
}
