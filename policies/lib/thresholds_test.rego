package tests.lib.thresholds

import data.custody.lib.thresholds
import data.tests.lib.samples

# object.union would keep the findings of the letter, so they are set whole.
holding(findings) := json.patch(samples.letter, [{"op": "replace", "path": "/context/findings", "value": findings}])

test_what_was_not_found_counts_nothing if {
	thresholds.found("US_SSN") == 0 with input as samples.letter
	thresholds.found("PERSON") == 1 with input as samples.letter
}

test_everything_is_summed if {
	thresholds.total == 7 with input as holding({"PERSON": 4, "US_SSN": 3})
	thresholds.total == 0 with input as holding({})
}

test_a_limit_is_what_is_still_allowed if {
	limits := {"PERSON": 3, "US_SSN": 3}
	thresholds.over(limits) == {"PERSON"} with input as holding({"PERSON": 4, "US_SSN": 3, "IBAN_CODE": 99})
	thresholds.over(limits) == set() with input as holding({"PERSON": 3})
}
