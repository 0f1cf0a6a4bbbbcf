# Audit owns no model yet: its people see and manage its assets, and others need a grant.
package custody.departments.audit

import data.custody.lib.grants.granted
import data.custody.lib.reasons

obligations := {}

allow contains reasons.reason("own_asset", "Audit manages what it owns.", "", "") if {
	input.action.name in {"discover", "manage", "audit"}
	input.subject.department == "audit"
}

allow contains reasons.reason("granted_use", "Audit granted this use.", "", "") if granted

deny := set()
