package tests.access

import data.custody.access.decision
import data.tests.lib.samples

rules(made) := [reason.rule | some reason in made.reasons]

test_both_owners_consent if {
	made := decision with input as samples.letter
	made.allow
	{reason.department | some reason in made.reasons} == {"it", "product"}
}

test_nobody_owns_nothing if {
	nobody := object.union(samples.base_model, {"facets": {"accountable_owner": "nobody"}})
	made := decision with input as samples.asking("chat", nobody)
	not made.allow
	made.reasons[0].rule == "default"
	made.reasons[0].owner_contact == ""
}

test_adapter_on_an_unowned_base_is_refused if {
	stray := object.union(samples.support_tone, {"base_model_owner": ""})
	made := decision with input as samples.asking("chat", stray)
	not made.allow
}

test_a_conflict_names_both if {
	made := decision with input as samples.of_class("confidential")
	not made.allow
	made.reasons[0].department == "product"
	made.reasons[0].owner_contact == "product-ai@northwind.example"
	some reason in made.reasons
	reason.rule == "every_owner_must_consent"
	contains(reason.message_user, "it")
	contains(reason.message_user, "product")
}

test_security_overrides_consent if {
	leaking := object.union(samples.letter, {"context": {"secrets": {"aws_access_key": 1}}})
	made := decision with input as leaking
	not made.allow
	made.reasons[0].department == "security"
	made.obligations == {"prompt": {}, "reply": {}}
}

test_obligations_are_the_strictest_union if {
	made := decision with input as samples.letter
		with data.custody.departments.product.obligations as {"prompt": {"US_SSN": "mask"}}
	made.obligations.prompt.US_SSN == "mask"
	made.obligations.prompt["*"] == "replace"
	made.obligations.reply.DATE_TIME == "keep"
}

test_nobody_speaks_in_anothers_name if {
	made := decision with input as samples.letter
		with data.custody.departments.it.deny as {{
			"code": "x",
			"rule": "x",
			"department": "product",
			"package": "custody.security",
			"effect": "allow",
		}}
	not made.allow
	made.reasons[0].department == "it"
	made.reasons[0].package == "custody.departments.it"
	made.reasons[0].effect == "deny"
}

test_a_verdict_of_the_wrong_type_is_no_consent if {
	made := decision with input as samples.letter with data.custody.departments.it.deny as false
	not made.allow
	other := decision with input as samples.letter with data.custody.departments.it.allow as "yes"
	not other.allow
	third := decision with input as samples.letter with data.custody.departments.it.obligations as "none"
	not third.allow
}

test_a_foreign_package_cannot_consent if {
	made := decision with input as samples.from("legal", "contract-review")
		with data.custody.departments.legal.allow as {{"code": "x", "rule": "x"}}
		with data.custody.departments.retail.allow as {{"code": "x", "rule": "x"}}
	not made.allow
}

test_security_opens_nothing_but_the_record if {
	made := decision with input as samples.from("legal", "contract-review")
		with data.custody.security.allow as {{"code": "x", "rule": "x"}}
	not made.allow
}

disputed_by(parties) := object.union(samples.letter, {"resource": {"disputed_by": parties}})

test_a_dispute_changes_nothing_while_no_party_denies if {
	made := decision with input as disputed_by(["product", "retail", "nobody"])
	made.allow
}

test_what_a_party_to_a_dispute_denies_is_denied if {
	said := {{"code": "x", "rule": "paused", "message_user": "Not while we argue."}}
	made := decision with input as disputed_by(["product", "retail"])
		with data.custody.departments.retail.deny as said
	not made.allow
	made.reasons[0].department == "retail"
	made.reasons[0].rule == "paused"
	some reason in made.reasons
	reason.rule == "denials_of_a_dispute_count"
}

test_a_department_outside_the_dispute_denies_nothing if {
	made := decision with input as disputed_by(["product"])
		with data.custody.departments.retail.deny as {{"code": "x", "rule": "x"}}
	made.allow
}

test_a_party_to_a_dispute_cannot_open_what_the_owner_closed if {
	asked := object.union(disputed_by(["product", "legal"]), {
		"subject": {"department": "legal"},
		"context": {"use_case": "contract-review"},
	})
	made := decision with input as asked
		with data.custody.departments.legal.allow as {{"code": "x", "rule": "x"}}
	not made.allow
}

test_a_denial_of_the_wrong_type_objects if {
	every wrong in ["yes", true, {"a": 1}, null, 1, [1]] {
		made := decision with input as disputed_by(["product", "retail"])
			with data.custody.departments.retail.deny as wrong
		not made.allow
		made.reasons[0].rule == "denials_of_a_dispute_count"
	}
}

test_the_record_stays_open_to_audit_in_a_dispute if {
	asked := object.union(disputed_by(["product", "retail"]), {
		"subject": {"department": "audit"},
		"action": {"name": "audit"},
	})
	made := decision with input as asked
		with data.custody.departments.retail.deny as {{"code": "x", "rule": "x"}}
	made.allow
}

test_nobody_uses_what_is_suspended if {
	stopped := object.union(samples.letter, {"resource": {"suspended_by": "dispute-7"}})
	made := decision with input as stopped
	not made.allow
	made.reasons[0].rule == "suspended_by_dispute"
	seen := decision with input as object.union(stopped, {"action": {"name": "discover"}})
	seen.allow
}
