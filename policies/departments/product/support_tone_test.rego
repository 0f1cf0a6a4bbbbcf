package tests.departments.product.support_tone

import data.custody.access.decision
import data.tests.lib.samples

test_retail_may_triage_complaints if {
	made := decision with input as samples.letter
	made.allow
}

test_product_may_draft if {
	made := decision with input as samples.from("product", "support-drafting")
	made.allow
}

test_another_use_is_not_agreed if {
	made := decision with input as samples.from("it", "it-helpdesk")
	not made.allow
	made.reasons[0].rule == "use_not_agreed"
}

test_a_call_without_a_use_case_is_not_agreed if {
	made := decision with input as samples.from("retail", "")
	not made.allow
}

test_confidential_is_refused_with_a_way_out if {
	made := decision with input as samples.of_class("confidential")
	not made.allow
	made.reasons[0].rule == "confidential_needs_grant"
	made.reasons[0].package == "custody.departments.product"
	contains(made.reasons[0].remedy, "product-ai@northwind.example")
}

test_a_grant_opens_confidential_until_its_date if {
	made := decision with input as samples.granted("confidential", samples.grant("confidential", "2026-12-31T00:00:00Z"))
	made.allow
	late := decision with input as samples.granted("confidential", samples.grant("confidential", "2026-06-30T00:00:00Z"))
	not late.allow
}

test_granted_confidential_is_kept_and_nothing_else if {
	made := decision with input as samples.granted("confidential", samples.grant("confidential", "2026-12-31T00:00:00Z"))
	made.obligations.retain_payload
	ordinary := decision with input as samples.letter
	not ordinary.obligations.retain_payload
}

test_its_users_see_it_and_strangers_do_not if {
	made := decision with input as samples.asking("discover", samples.support_tone)
	made.allow
	strange := decision with input as object.union(samples.from("legal", ""), {"action": {"name": "discover"}})
	not strange.allow
}

test_custodian_and_grantees_see_it if {
	custodian := decision with input as object.union(samples.from("it", ""), {"action": {"name": "discover"}})
	custodian.allow
	given := object.union(samples.grant("internal", "2026-12-31T00:00:00Z"), {"department": "legal"})
	grantee := decision with input as object.union(
		samples.from("legal", ""),
		{"action": {"name": "discover"}, "context": {"grants": [given]}},
	)
	grantee.allow
}

test_product_manages_it_and_the_custodian_does_not if {
	ours := decision with input as object.union(samples.from("product", ""), {"action": {"name": "manage"}})
	ours.allow
	theirs := decision with input as object.union(samples.from("it", ""), {"action": {"name": "manage"}})
	not theirs.allow
}
