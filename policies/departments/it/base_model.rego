# IT owns the base model and runs the GPUs.
package custody.departments.it

import data.custody.lib.actions.conversational
import data.custody.lib.actions.invoking
import data.custody.lib.classes
import data.custody.lib.grants.base_model_granted
import data.custody.lib.grants.granted
import data.custody.lib.reasons

obligations := {}

allow contains reasons.reason("base_model_for_all", "Every department may use the base model.", "", "") if {
	input.resource.base_model == "northwind-base"
	input.resource.adapter == ""
	input.action.name in conversational
	classes.within(input.context.declared_class, "internal")
}

allow contains reasons.reason("base_model_grant", "IT granted this use of the base model.", "", "") if {
	input.resource.base_model == "northwind-base"
	input.resource.adapter == ""
	granted
}

# An adapter's owner answers for the adapter; IT only lets the base model carry it.
allow contains reasons.reason("carries_adapters", "IT lets the base model carry this adapter.", "", "") if {
	input.resource.base_model == "northwind-base"
	input.resource.adapter != ""
	input.resource.self_hosted
	input.action.name in conversational
	classes.within(input.context.declared_class, "confidential")
}

allow contains reasons.reason("carries_granted", "IT granted this use of the base model below.", "", "") if {
	input.resource.base_model == "northwind-base"
	input.resource.adapter != ""
	base_model_granted
}

allow contains reasons.reason("base_model_is_listed", "Every department may see the base model.", "", "") if {
	input.resource.base_model == "northwind-base"
	input.action.name == "discover"
}

allow contains reasons.reason("own_asset", "IT manages what it owns.", "", "") if {
	input.action.name in {"discover", "manage", "audit"}
	input.subject.department == "it"
}

deny contains reasons.reason(
	"base_model_above_internal",
	"The base model takes data up to class internal.",
	"no grant covers the declared class",
	"Ask IT for a grant that names your use case, or use a model made for such data.",
) if {
	input.resource.adapter == ""
	input.action.name in invoking
	not classes.within(input.context.declared_class, "internal")
	not granted
}
