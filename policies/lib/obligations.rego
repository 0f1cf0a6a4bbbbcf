# The strictest union of what several layers oblige.
package custody.lib.obligations

# From most to least that is shown.
strictness := {
	"keep": 0,
	"generalize": 1,
	"surrogate": 2,
	"replace": 3,
	"hash": 4,
	"mask": 5,
	"refuse": 6,
}

# An unknown operator outranks all, so that it reaches the contract check, which refuses the decision,
# instead of being lost.
rank(operator) := object.get(strictness, operator, 7)

# What `baseline` and every one of the objects `added` oblige together.
union(baseline, added) := object.union_n([
	baseline,
	{
		"prompt": operators(baseline.prompt, [object.get(said, "prompt", {}) | some said in added]),
		"reply": operators(baseline.reply, [object.get(said, "reply", {}) | some said in added]),
	},
	lowest(array.concat([baseline], added), {key | some said in added; some key, _ in said}),
	approvals({name | some said in added; name := object.get(said, "approval", ""); name != ""}),
])

# The lowest value stated under each key: false before true, a smaller limit before a larger one.
lowest(sources, keys) := {key: value |
	some key in (keys & {"restore", "retain_payload", "priority", "max_tokens"})
	stated := [value | some said in sources; value := object.get(said, key, null); value != null]
	value := min(stated)
	value != null
}

# Everyone who must approve; the baseline asks for nobody.
approvals(names) := {"approval": concat(",", names)} if count(names) > 0

approvals(names) := {} if count(names) == 0

operators(baseline, added) := object.union(baseline, {entity: word |
	some said in added
	some entity in spoken_of(said, baseline)
	word := strictest(baseline, added, entity)
	rank(word) >= 0
})

# A word on "*" speaks of every entity type that the baseline names.
spoken_of(said, _) := object.keys(said) if not said["*"]

spoken_of(said, baseline) := object.keys(said) | object.keys(baseline) if said["*"]

strictest(baseline, added, entity) := operator if {
	said_of := {word |
		some said in array.concat([baseline], added)
		word := object.get(said, entity, object.get(said, "*", "keep"))
	}
	top := max({rank(word) | some word in said_of})
	some operator in said_of
	rank(operator) == top
}
