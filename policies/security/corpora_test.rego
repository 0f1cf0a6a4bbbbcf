package tests.security.corpora

import data.custody.access.decision
import data.tests.lib.samples

asked(department, use_case, corpora) := object.union(
	object.union(samples.from(department, use_case), {"resource": samples.base_model}),
	{"context": {"corpora": corpora}},
)

test_legals_contracts_leave_for_nobody_else if {
	made := decision with input as asked("product", "support-drafting", {"contracts": 3})
	not made.allow
	made.reasons[0].rule == "corpus_found"
	made.reasons[0].owner_contact == "contracts@northwind.example"
}

test_legal_may_use_its_own_corpus if {
	made := decision with input as asked("legal", "contract-review", {"contracts": 3})
	made.allow
}

test_a_corpus_is_kept_in_though_its_owner_has_no_contact if {
	made := decision with input as asked("product", "support-drafting", {"contracts": 3}) with data.contacts as {}
	not made.allow
	made.reasons[0].rule == "corpus_found"
}

test_an_unregistered_corpus_is_nobodys if {
	made := decision with input as asked("legal", "contract-review", {"mystery": 1})
	not made.allow
	made.reasons[0].owner_contact == "security@northwind.example"
}
