# Rights that an owner gave to a department until a date. The input carries only those on the asked asset.
package custody.lib.grants

import data.custody.lib.classes

# A grant counts for this department, action, use case and class while it has not expired.
covering contains grant if {
	some grant in input.context.grants
	grant.department == input.subject.department
	grant.action == input.action.name
	grant.use_case in {"", input.context.use_case}
	classes.within(input.context.declared_class, grant.class_ceiling)
	time.parse_rfc3339_ns(input.context.time) < time.parse_rfc3339_ns(grant.expires)
}

granted if count(covering) > 0
