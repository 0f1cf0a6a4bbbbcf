package tests.governance.adjudication

import data.custody.governance.adjudication.recommendation

claim(party, basis, shown) := {"party": party, "facet": "accountable_owner", "basis": basis, "shown": shown}

held(holder, basis) := {"facet": "accountable_owner", "holder": holder, "basis": basis}

rate(low, high) := {"findings_per_1000": {"value": (low + high) / 2, "low": low, "high": high}}

factors := {
	"product": {"data_contributed": 60, "gpu_seconds": 40, "cost": 10, "use": 10, "incidents": 1, "handling": rate(1, 3)},
	"retail": {"data_contributed": 40, "gpu_seconds": 60, "cost": 90, "use": 90, "incidents": 1, "handling": rate(5, 9)},
}

asked(claims, holders) := {"claims": claims, "held": holders, "factors": factors}

owner := recommendation.facets.accountable_owner

test_origination_goes_before_operation if {
	claims := [claim("retail", "operation", true), claim("product", "origination", true)]
	advice := owner with input as asked(claims, [])
	advice.holder == "product"
	advice.by == "precedence"
}

test_each_ground_goes_before_the_next if {
	ordered := ["contract", "ruling", "transfer", "charter", "origination", "operation"]
	every number in numbers.range(0, 4) {
		claims := [claim("weaker", ordered[number + 1], true), claim("stronger", ordered[number], true)]
		advice := owner with input as asked(claims, [])
		advice.holder == "stronger"
	}
}

test_law_and_contract_are_equals if {
	claims := [claim("retail", "law", true), claim("product", "contract", true)]
	advice := owner with input as asked(claims, [])
	advice.by != "precedence"
}

test_a_ground_that_is_not_shown_counts_for_nothing if {
	claims := [claim("retail", "law", false), claim("product", "operation", true)]
	advice := owner with input as asked(claims, [])
	advice.holder == "product"
}

test_what_is_held_counts_by_the_ground_that_it_was_given_on if {
	advice := owner with input as asked([claim("retail", "origination", true)], [held("product", "ruling")])
	advice.holder == "product"
}

test_among_equals_what_was_measured_decides if {
	claims := [claim("retail", "operation", true), claim("product", "operation", true)]
	advice := owner with input as asked(claims, [])
	advice.by == "weights"
	advice.holder == "retail"
	advice.scores.retail > advice.scores.product
}

test_equals_that_lie_close_get_no_recommendation if {
	claims := [claim("retail", "operation", true), claim("product", "operation", true)]
	same := {"retail": factors.product, "product": factors.product}
	advice := owner with input as {"claims": claims, "held": [], "factors": same}
	advice.holder == ""
	advice.by == "nothing"
}

test_nothing_measured_is_no_reason if {
	claims := [claim("retail", "operation", true), claim("product", "operation", true)]
	advice := owner with input as {"claims": claims, "held": [], "factors": {}}
	advice.holder == ""
	count(advice.reasons) == 7
}

test_what_is_known_of_one_alone_compares_nobody if {
	claims := [claim("retail", "operation", true), claim("product", "operation", true)]
	partly := {"retail": {"cost": 100}, "product": {"cost": null}}
	advice := owner with input as {"claims": claims, "held": [], "factors": partly}
	advice.by == "nothing"
	"nothing is known about cost" in advice.reasons
}

test_rates_whose_bounds_overlap_rank_nobody if {
	claims := [claim("retail", "operation", true), claim("product", "operation", true)]
	overlapping := {"retail": {"handling": rate(2, 6)}, "product": {"handling": rate(1, 3)}}
	advice := owner with input as {"claims": claims, "held": [], "factors": overlapping}
	advice.by == "nothing"
}

test_rates_that_are_clearly_apart_count if {
	claims := [claim("retail", "operation", true), claim("product", "operation", true)]
	apart := {"retail": {"handling": rate(5, 9)}, "product": {"handling": rate(1, 3)}}
	advice := owner with input as {"claims": claims, "held": [], "factors": apart}
	advice.holder == "product"
}

test_a_sole_applicant_is_recommended if {
	advice := owner with input as asked([claim("retail", "operation", true)], [])
	advice.holder == "retail"
}

test_weights_are_told_with_the_recommendation if {
	made := recommendation with input as asked([claim("retail", "operation", true)], [])
	made.weights == data.governance.weights
	made.precedence.law < made.precedence.default
}
