# Legal owns no model yet: its people see and manage its assets, and others need a grant.
package custody.departments.legal

import data.custody.lib.grants.granted
import data.custody.lib.reasons

# Contracts name people by number: those numbers do not come back, not even to us.
obligations := {"prompt": {"US_SSN": "mask"}}

allow contains reasons.reason("own_asset", "Legal manages what it owns.", "", "") if {
	input.action.name in {"discover", "manage", "audit"}
	input.subject.department == "legal"
}

allow contains reasons.reason("granted_use", "Legal granted this use.", "", "") if granted

deny := set()
