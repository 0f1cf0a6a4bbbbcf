package tests.security.audit

import data.custody.access.decision
import data.tests.lib.samples

by_audit(action) := object.union(samples.from("audit", ""), {"action": {"name": action}})

test_audit_reads_the_record_of_any_asset if {
	made := decision with input as by_audit("audit")
	made.allow
	made.reasons[0].rule == "audit_right"
}

test_audit_neither_calls_nor_manages_it if {
	every action in ["chat", "manage", "tune", "deploy"] {
		made := decision with input as by_audit(action)
		not made.allow
	}
}

test_others_do_not_read_the_record if {
	made := decision with input as samples.asking("audit", samples.support_tone)
	not made.allow
}
