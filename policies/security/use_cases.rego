# A use case belongs to one department, which answers for what is done under its name.
package custody.security

import data.custody.lib.actions.invoking
import data.custody.lib.reasons

deny contains reasons.reason(
	"unknown_use_case",
	"This use case is not registered.",
	"use case without a department",
	"Register the use case, or name the one that this call belongs to.",
) if {
	input.action.name in invoking
	input.context.use_case != ""
	not data.use_cases[input.context.use_case]
}

deny contains reasons.reason(
	"foreign_use_case",
	"This use case belongs to another department.",
	sprintf("use case of %s", [owner]),
	"Name a use case of your own department.",
) if {
	input.action.name in invoking
	owner := data.use_cases[input.context.use_case].department
	owner != input.subject.department
}
