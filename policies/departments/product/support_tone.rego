# Product trained the adapter support-tone on its own tickets and answers for what is asked of it.
package custody.departments.product

import data.custody.lib.actions.conversational
import data.custody.lib.actions.invoking
import data.custody.lib.classes
import data.custody.lib.grants.granted
import data.custody.lib.grants.held
import data.custody.lib.reasons

# What is granted for data above internal is kept, encrypted, so that a dispute over it can be settled.
kept_as_evidence if {
	input.resource.id == "support-tone"
	input.action.name in invoking
	granted
	not classes.within(input.context.declared_class, "internal")
}

obligations := {"retain_payload": true} if kept_as_evidence

obligations := {} if not kept_as_evidence

# Who may use support-tone for what, up to internal.
uses := {
	"complaint-triage": "retail",
	"support-drafting": "product",
}

agreed_use if uses[input.context.use_case] == input.subject.department

allow contains reasons.reason("agreed_use", "Product agreed to this use of support-tone.", "", "") if {
	input.resource.id == "support-tone"
	input.action.name in conversational
	agreed_use
	classes.within(input.context.declared_class, "internal")
}

allow contains reasons.reason("granted_use", "Product granted this use of support-tone.", "", "") if {
	input.resource.id == "support-tone"
	granted
}

allow contains reasons.reason("known_to_users", "Those who may use support-tone may see it.", "", "") if {
	input.resource.id == "support-tone"
	input.action.name == "discover"
	some department in uses
	input.subject.department == department
}

allow contains reasons.reason("known_to_grantees", "Whoever holds a grant may see support-tone.", "", "") if {
	input.resource.id == "support-tone"
	input.action.name == "discover"
	count(held) > 0
}

allow contains reasons.reason("known_to_custodian", "Whoever runs support-tone may see it.", "", "") if {
	input.resource.id == "support-tone"
	input.action.name == "discover"
	input.subject.department == input.resource.facets.custodian
}

allow contains reasons.reason("own_asset", "Product manages what it owns.", "", "") if {
	input.action.name in {"discover", "manage", "audit"}
	input.subject.department == "product"
}

deny contains reasons.reason(
	"confidential_needs_grant",
	"support-tone takes data up to class internal; above that Product must grant the use.",
	"no grant covers the declared class",
	"Ask product-ai@northwind.example for a grant that names your use case and an end date.",
) if {
	input.resource.id == "support-tone"
	input.action.name in invoking
	not classes.within(input.context.declared_class, "internal")
	not granted
}

deny contains reasons.reason(
	"use_not_agreed",
	"Product has not agreed to this use of support-tone.",
	"use case and department are not in the agreed uses",
	"Name an agreed use case of your department, or ask product-ai@northwind.example for a grant.",
) if {
	input.resource.id == "support-tone"
	input.action.name in invoking
	not agreed_use
	not granted
}
