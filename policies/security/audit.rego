# Internal audit may look at the record of every asset; no owner can refuse, and no prompt passes this way.
package custody.security

import data.custody.lib.reasons

allow contains reasons.reason(
	"audit_right",
	"Internal audit may read this record.",
	"",
	"",
) if {
	input.action.name == "audit"
	input.subject.department == "audit"
}
