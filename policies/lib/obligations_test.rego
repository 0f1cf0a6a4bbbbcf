package tests.lib.obligations

import data.custody.access.decision
import data.custody.lib.obligations
import data.tests.lib.samples

baseline := {"prompt": {"PERSON": "mask", "*": "replace"}, "reply": {"*": "keep"}}

test_nothing_added_changes_nothing if obligations.union(baseline, []) == baseline

test_the_stricter_word_wins_and_the_weaker_does_not if {
	added := [{"prompt": {"PERSON": "keep", "US_SSN": "refuse"}}, {"prompt": {"US_SSN": "hash"}}]
	obligations.union(baseline, added).prompt == {"PERSON": "mask", "US_SSN": "refuse", "*": "replace"}
}

test_a_word_on_the_rest_speaks_of_named_types_too if {
	obligations.union(baseline, [{"prompt": {"*": "refuse"}}]).prompt == {"PERSON": "refuse", "*": "refuse"}
}

test_a_named_type_is_no_weaker_than_another_owners_word_on_the_rest if {
	added := [{"reply": {"PERSON": "replace"}}, {"reply": {"*": "mask"}}]
	obligations.union(baseline, added).reply == {"PERSON": "mask", "*": "mask"}
}

test_an_unknown_operator_is_not_lost if {
	obligations.union(baseline, [{"prompt": {"PERSON": "shred"}}]).prompt.PERSON == "shred"
}

test_limits_and_flags_take_the_stricter if {
	made := obligations.union(
		{"prompt": {}, "reply": {}, "restore": true, "priority": 0},
		[{"restore": false, "max_tokens": 200}, {"max_tokens": 100, "priority": -1, "approval": "it"}],
	)
	made.restore == false
	made.max_tokens == 100
	made.priority == -1
	made.approval == "it"
}

test_payloads_are_kept_only_where_nobody_objects if {
	obligations.union(baseline, [{"retain_payload": true}]).retain_payload
	not obligations.union(baseline, [{"retain_payload": true}, {"retain_payload": false}]).retain_payload
}

test_owners_make_it_stricter if {
	made := decision with input as samples.letter
		with data.custody.departments.it.obligations as {"prompt": {"*": "refuse"}, "max_tokens": 50}
	made.obligations.prompt.PERSON == "refuse"
	made.obligations.max_tokens == 50
}
