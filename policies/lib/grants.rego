# Rights that an owner gave to a department until a date. The input carries only those that can matter.
package custody.lib.grants

import data.custody.lib.classes

# A held grant covers a call by its right, use case and class.
covering contains grant if {
	some grant in held
	applies(grant)
}

# All that this department holds on the asset and that has not expired.
held contains grant if {
	some grant in input.context.grants
	grant.department == input.subject.department
	now < time.parse_rfc3339_ns(grant.expires)
}

granted if count(covering) > 0

# The same on the base model below the asset, for the base model's owner to ask for: it says nothing of the asset.
base_model_covering contains grant if {
	some grant in base_model_held
	applies(grant)
}

base_model_held contains grant if {
	some grant in input.context.base_model_grants
	grant.department == input.subject.department
	now < time.parse_rfc3339_ns(grant.expires)
}

base_model_granted if count(base_model_covering) > 0

# Nanoseconds since 1970.
now := time.parse_rfc3339_ns(input.context.time)

applies(grant) if {
	grant.action in rights
	grant.use_case in {"", input.context.use_case}
	classes.within(input.context.declared_class, grant.class_ceiling)
}

# The rights that cover what is asked for.
rights contains input.action.name

rights contains "invoke" if input.action.name in {"chat", "complete", "embed"}
