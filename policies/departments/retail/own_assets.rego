# Retail owns no model yet: its people see and manage its assets, and others need a grant.
package custody.departments.retail

import data.custody.lib.grants.granted
import data.custody.lib.reasons

obligations := {}

allow contains reasons.reason("own_asset", "Retail manages what it owns.", "", "") if {
	input.action.name in {"discover", "manage", "audit"}
	input.subject.department == "retail"
}

allow contains reasons.reason("granted_use", "Retail granted this use.", "", "") if granted

deny := set()
