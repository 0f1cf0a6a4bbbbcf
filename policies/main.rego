# The one entry point: layers speak, this file only combines them. It names no department.
package custody.access

import data.custody.lib.actions.invoking
import data.custody.lib.obligations as strict

# METADATA
# title: Access decision
# description: >-
#   Denials of security override everything. The accountable owner's package speaks for the asset; where an
#   adapter stands on a base model, the base model's owner must consent too. While an asset is disputed, what a
#   party to the dispute denies is denied. Nothing said means no.
# entrypoint: true
decision := consent if allow

decision := refusal if not allow

consent := {
	"allow": true,
	"obligations": obligations,
	"reasons": permissions,
}

refusal := {
	"allow": false,
	"obligations": {"prompt": {}, "reply": {}},
	"reasons": array.concat(denials, permissions),
}

default allow := false

allow if {
	count(data.custody.security.deny) == 0
	count(data.custody.security.backstop) == 0
	permitted
}

permitted if count(company_right) > 0

permitted if {
	count(owners) > 0
	consenting == owners
	count(objecting) == 0
	count(suspensions) == 0
}

# Security may open nothing but the record, and that only to whom its own rules name.
company_right contains right if {
	input.action.name == "audit"
	some right in data.custody.security.allow
}

owners contains input.resource.facets.accountable_owner

owners contains input.resource.base_model_owner if {
	input.resource.adapter != ""
	input.action.name in invoking
}

# Whose package has nothing to deny, something to allow, and says what it obliges. What must hold is stated, so
# that a package that is missing, or says something of a wrong type, does not consent.
consenting contains owner if {
	some owner in owners
	data.custody.departments[owner].deny == set()
	is_set(data.custody.departments[owner].allow)
	count(data.custody.departments[owner].allow) > 0
	is_object(data.custody.departments[owner].obligations)
}

# A package of which a part is missing or of a wrong type is silent, not refusing: its words cannot be told.
refusing contains owner if {
	some owner in (owners - consenting)
	is_set(data.custody.departments[owner].deny)
	count(data.custody.departments[owner].deny) > 0
	is_set(data.custody.departments[owner].allow)
	is_object(data.custody.departments[owner].obligations)
}

silent := (owners - consenting) - refusing

# Parties to an open dispute over the asset: the status quo stays, and the denials of both sides count.
# A party that says nothing objects to nothing; one that says something of a wrong type does.
objecting contains party if {
	some party in input.resource.disputed_by
	not party in owners
	data.custody.departments[party].deny != set()
}

# What the panel of a dispute has stopped for everybody, until it is settled.
suspensions contains suspension if {
	dispute := input.resource.suspended_by
	dispute != ""
	input.action.name in invoking
	suspension := {
		"code": "suspended_by_dispute",
		"effect": "deny",
		"department": input.resource.facets.accountable_owner,
		"package": "custody.access",
		"rule": "suspended_by_dispute",
		"message_user": "Nobody may use this asset while the dispute over it is open.",
		"message_admin": dispute,
		"remedy": "Wait for the ruling, or ask the owner for another asset.",
		"owner_contact": contact(input.resource.facets.accountable_owner),
	}
}

# The deciding reason comes first: security, owners who refuse, disputes, the backstop, owners who are silent,
# conflicts.
denials := array.concat(
	array.concat(
		[told_by_security(said, "deny") | some said in data.custody.security.deny],
		[told(said, owner, "deny") | some owner in refusing; some said in data.custody.departments[owner].deny],
	),
	array.concat(
		array.concat(disputes, [told_by_security(said, "deny") | some said in data.custody.security.backstop]),
		array.concat([no_rule(owner) | some owner in silent], conflicts),
	),
)

disputes := [] if count(objecting) + count(suspensions) == 0

disputes := array.concat(
	array.concat(
		[suspension | some suspension in suspensions],
		[told(said, party, "deny") |
			some party in objecting
			is_set(data.custody.departments[party].deny)
			some said in data.custody.departments[party].deny
		],
	),
	[dispute_open(party) | some party in objecting],
) if count(objecting) + count(suspensions) > 0

permissions := array.concat(
	[told_by_security(said, "allow") | some said in company_right],
	[told(said, owner, "allow") | some owner in consenting; some said in data.custody.departments[owner].allow],
)

contact(department) := object.get(data.contacts, department, "")

# Who speaks, and with what effect, is written over whatever was said.
told(said, owner, effect) := object.union(said, {
	"department": owner,
	"package": concat("", ["custody.departments.", owner]),
	"effect": effect,
	"owner_contact": object.get(data.contacts, owner, ""),
})

# Security may name whom else to ask.
told_by_security(said, effect) := object.union(
	{"owner_contact": contact("security")},
	object.union(said, {"department": "security", "package": "custody.security", "effect": effect}),
)

no_rule(owner) := {
	"code": "no_rule_allows",
	"effect": "deny",
	"department": owner,
	"package": concat("", ["custody.departments.", owner]),
	"rule": "default",
	"message_user": "The owner has no rule that allows this.",
	"message_admin": "default deny",
	"remedy": "Ask the owner for a grant.",
	"owner_contact": object.get(data.contacts, owner, ""),
}

dispute_open(party) := {
	"code": "disputed",
	"effect": "deny",
	"department": party,
	"package": "custody.access",
	"rule": "denials_of_a_dispute_count",
	"message_user": sprintf("%s disputes this asset and denies this use; until that is settled, it counts.", [party]),
	"message_admin": "interim measure",
	"remedy": "",
	"owner_contact": contact(party),
}

conflicts := [{
	"code": "owners_disagree",
	"effect": "deny",
	"department": refuser,
	"package": "custody.access",
	"rule": "every_owner_must_consent",
	"message_user": sprintf("%s consents and %s does not; this asset needs both.", [consenter, refuser]),
	"message_admin": "joint asset",
	"remedy": "",
	"owner_contact": object.get(data.contacts, refuser, ""),
} |
	some refuser in (owners - consenting)
	some consenter in consenting
]

# Security's baseline, made stricter by whatever the consenting owners oblige.
obligations := data.custody.security.obligations if count(added) == 0

obligations := strict.union(data.custody.security.obligations, added) if count(added) > 0

added := [obliging |
	some owner in consenting
	obliging := data.custody.departments[owner].obligations
	obliging != {}
]
