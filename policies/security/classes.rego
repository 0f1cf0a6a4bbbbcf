# The company's ceilings.
package custody.security

import data.custody.lib.actions.invoking
import data.custody.lib.classes
import data.custody.lib.grants.granted
import data.custody.lib.reasons

deny contains reasons.reason(
	"unknown_class",
	"The declared class of the data is not one of public, internal, confidential, restricted.",
	"unknown declared class",
	"Declare one of the four classes.",
) if {
	not classes.known(input.context.declared_class)
}

deny contains reasons.reason(
	"restricted_class",
	"Restricted data goes to no model.",
	"declared class restricted",
	"Ask security for another way to do this.",
) if {
	input.action.name in invoking
	input.context.declared_class == "restricted"
}

deny contains reasons.reason(
	"leaves_the_house",
	"Only public data may go to a model that the company does not run itself.",
	"resource is not self-hosted",
	"Use a model that the company runs, or leave out what is not public.",
) if {
	input.action.name in invoking
	not input.resource.self_hosted
	input.context.declared_class != "public"
}

# The backstop holds even if the owner's package forgot; it is told after the owner's own words.
backstop contains reasons.reason(
	"above_ceiling",
	sprintf("%s takes data up to class %s.", [input.resource.id, input.resource.class_ceiling]),
	sprintf("declared class %s", [input.context.declared_class]),
	"Declare a lower class if that is true, or ask the owner for a grant.",
) if {
	input.action.name in invoking
	not classes.within(input.context.declared_class, input.resource.class_ceiling)
	not granted
}
