# How much of what a prompt may hold, by what detectors counted in it.
package custody.lib.thresholds

# How often a type of entity was found.
found(entity) := object.get(input.context.findings, entity, 0)

# Everything found.
total := sum([number | some number in input.context.findings])

# The types of which more was found than `limits` allows; a type without a limit is not counted.
over(limits) := {entity |
	some entity, limit in limits
	found(entity) > limit
}
