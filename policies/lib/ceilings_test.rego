package tests.lib.ceilings

import data.custody.lib.ceilings
import data.tests.lib.samples

table := {"complaint-triage": "confidential"}

test_a_use_case_has_its_own_ceiling if {
	ceilings.of(table, "public") == "confidential" with input as samples.letter
	ceilings.kept(table, "public") with input as samples.of_class("confidential")
	not above
}

above if ceilings.kept(table, "public") with input as samples.of_class("restricted")

test_every_other_use_has_the_common_one if {
	ceilings.of(table, "public") == "public" with input as samples.from("it", "it-helpdesk")
	not common
}

common if ceilings.kept(table, "public") with input as samples.from("it", "it-helpdesk")

test_an_unknown_class_keeps_no_ceiling if not unknown

unknown if ceilings.kept({}, "secret") with input as samples.letter
