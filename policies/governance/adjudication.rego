# What a panel is recommended to rule. It weighs what parties claim and what was measured; people decide.
package custody.governance.adjudication

# METADATA
# title: Recommendation in a dispute or mandate
# description: >-
#   For each disputed facet, the stronger ground comes first: law or contract, a final ruling, an accepted
#   transfer, the charter, origination, sustained operation and cost, and last what holds by default. A ground
#   counts only where it is shown. Among equals, published weights over measured factors decide, and where
#   these lie too close together, nothing is recommended.
# entrypoint: true
recommendation := {
	"facets": {facet: advice |
		some facet in facets
		advice := advise(facet)
		is_object(advice)
	},
	"precedence": data.governance.precedence,
	"weights": data.governance.weights,
	"margin": data.governance.margin,
}

facets contains facet if {
	some claim in input.claims
	facet := claim.facet
	is_string(facet)
}

# Who may be given a facet: whoever claims it, and whoever holds it now.
candidates(facet) := claimants(facet) | holders(facet)

claimants(facet) := {party |
	some claim in input.claims
	claim.facet == facet
	party := claim.party
	is_string(party)
}

holders(facet) := {holder |
	some held in input.held
	held.facet == facet
	holder := held.holder
	is_string(holder)
}

# The rank of a party's best ground that is shown; what it holds counts by the ground that it was given on.
rank(facet, party) := min(ranks(facet, party))

ranks(facet, party) := (claimed_ranks(facet, party) | held_ranks(facet, party)) | {data.governance.precedence.default}

claimed_ranks(facet, party) := {place |
	some claim in input.claims
	claim.facet == facet
	claim.party == party
	claim.shown == true
	place := data.governance.precedence[claim.basis]
	is_number(place)
}

held_ranks(facet, party) := {place |
	some held in input.held
	held.facet == facet
	held.holder == party
	place := data.governance.precedence[held.basis]
	is_number(place)
}

leading(facet) := {party |
	some party in candidates(facet)
	rank(facet, party) == best_rank(facet)
}

best_rank(facet) := min({best |
	some party in candidates(facet)
	best := rank(facet, party)
	best >= 0
})

advise(facet) := {
	"holder": holder,
	"by": "precedence",
	"rank": best_rank(facet),
	"scores": {},
	"reasons": ["one party stands on a stronger ground than every other"],
} if {
	count(leading(facet)) == 1
	some holder in leading(facet)
}

advise(facet) := {
	"holder": holder,
	"by": "weights",
	"rank": best_rank(facet),
	"scores": scores(facet),
	"reasons": array.concat(["several parties stand on equal grounds, so what was measured decides"], unknown(facet)),
} if {
	count(leading(facet)) > 1
	count(clear(facet)) == 1
	some holder in clear(facet)
}

advise(facet) := {
	"holder": "",
	"by": "nothing",
	"rank": best_rank(facet),
	"scores": scores(facet),
	"reasons": array.concat(["several parties stand on equal grounds, and what was measured lies too close"], unknown(facet)),
} if {
	count(leading(facet)) > 1
	count(clear(facet)) == 0
}

# Ahead of every other by more than the margin.
clear(facet) := {party |
	some party in leading(facet)
	others := leading(facet) - {party}
	behind := {other | some other in others; score(facet, party) > score(facet, other) + data.governance.margin}
	count(behind) == count(others)
}

scores(facet) := {party: won |
	some party in leading(facet)
	won := score(facet, party)
	is_number(won)
}

# From 0 to 100: each factor's weight times the party's share of it; what nobody measured is left out.
score(facet, party) := round((100 * won) / possible) if {
	possible := sum([weight | some name, weight in data.governance.weights; measured(facet, name)])
	possible > 0
	won := sum([gained |
		some name, weight in data.governance.weights
		measured(facet, name)
		part := share(facet, name, party)
		is_number(part)
		gained := weight * part
	])
}

score(facet, _) := 0 if {
	every name, _ in data.governance.weights {
		not measured(facet, name)
	}
}

unknown(facet) := [sprintf("nothing is known about %s", [name]) |
	some name, _ in data.governance.weights
	not measured(facet, name)
]

# A factor counts only if it is known of everybody whom it is to compare, and says something of anybody.
measured(facet, name) if {
	name != "handling"
	known := [value | some party in leading(facet); value := factor(party, name); is_number(value)]
	count(known) == count(leading(facet))
	sum(known) > 0
}

measured(facet, "handling") if {
	known := [party | some party in leading(facet); is_object(record(party))]
	count(known) == count(leading(facet))
}

factor(party, name) := object.get(object.get(input.factors, party, {}), name, null)

# Findings for each thousand prompts, with the bounds between which the true rate lies.
record(party) := rate if {
	handling := factor(party, "handling")
	is_object(handling)
	rate := object.get(handling, "findings_per_1000", null)
	is_object(rate)
	is_number(object.get(rate, "low", null))
	is_number(object.get(rate, "high", null))
}

share(facet, name, party) := factor(party, name) / total(facet, name) if not name in {"incidents", "handling"}

# Fewer are better.
share(facet, "incidents", party) := 1 - (factor(party, "incidents") / total(facet, "incidents"))

# Nobody is ranked by a rate alone: a party is better than another only where the bounds do not overlap.
share(facet, "handling", party) := count(surpassed) / count(others) if {
	others := leading(facet) - {party}
	surpassed := {other | some other in others; record(party).high < record(other).low}
}

total(facet, name) := sum([value |
	some party in leading(facet)
	value := factor(party, name)
	is_number(value)
])
