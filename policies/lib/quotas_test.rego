package tests.lib.quotas

import data.custody.access.decision
import data.custody.lib.quotas
import data.tests.lib.samples

table := {"retail": 500}

wanting(number) := object.union(samples.letter, {"context": {"max_tokens": number}})

test_a_department_has_its_own_number if {
	quotas.tokens(table, 100) == 500 with input as samples.letter
	quotas.tokens(table, 100) == 100 with input as samples.from("it", "it-helpdesk")
}

test_a_call_that_asks_for_more_exceeds_it if {
	quotas.exceeded(table, 100) with input as wanting(501)
	not exact
	not unsaid
}

exact if quotas.exceeded(table, 100) with input as wanting(500)

unsaid if quotas.exceeded(table, 100) with input as samples.letter

test_the_cap_is_an_obligation_that_a_decision_takes if {
	made := decision with input as samples.letter
		with data.custody.departments.it.obligations as {"max_tokens": 500}
	made.obligations.max_tokens == 500
	quotas.capped(table, 100) == {"max_tokens": 500} with input as samples.letter
}
