# Rights that an owner gave to a department until a date. The input carries only those on the asked asset.
package custody.lib.grants

import data.custody.lib.classes

# A held grant covers a call by its action, use case and class.
covering contains grant if {
	some grant in held
	grant.action == input.action.name
	grant.use_case in {"", input.context.use_case}
	classes.within(input.context.declared_class, grant.class_ceiling)
}

# All that this department holds on the asset and that has not expired.
held contains grant if {
	some grant in input.context.grants
	grant.department == input.subject.department
	time.parse_rfc3339_ns(input.context.time) < time.parse_rfc3339_ns(grant.expires)
}

granted if count(covering) > 0
