# Inputs that tests start from; a test changes what it is about and leaves the rest.
package tests.lib.samples

base_model := {
	"type": "base_model",
	"id": "northwind-base",
	"base_model": "northwind-base",
	"base_model_owner": "",
	"adapter": "",
	"facets": {"accountable_owner": "it", "custodian": "it"},
	"class_ceiling": "internal",
	"self_hosted": true,
	"region": "",
}

support_tone := {
	"type": "adapter",
	"id": "support-tone",
	"base_model": "northwind-base",
	"base_model_owner": "it",
	"adapter": "support-tone",
	"facets": {
		"accountable_owner": "product",
		"custodian": "it",
		"data_owner": "product",
		"ip_holder": "product",
	},
	"class_ceiling": "internal",
	"self_hosted": true,
	"region": "",
}

# Retail's service asks support-tone about a customer's letter.
letter := {
	"subject": {
		"id": "s-1",
		"kind": "service",
		"department": "retail",
		"groups": [],
		"roles": [],
		"acr": "",
	},
	"action": {"name": "chat"},
	"resource": support_tone,
	"context": {
		"use_case": "complaint-triage",
		"purpose": "",
		"declared_class": "internal",
		"findings": {"PERSON": 1, "IBAN_CODE": 1},
		"secrets": {},
		"corpora": {},
		"time": "2026-07-01T10:00:00.000Z",
		"stream": false,
		"tools": false,
		"max_tokens": null,
		"grants": [],
	},
}

# The letter by another department, for another use case.
from(department, use_case) := object.union(letter, {
	"subject": {"department": department},
	"context": {"use_case": use_case},
})

# Retail asks to do something else with a resource.
asking(action, resource) := object.union(letter, {"action": {"name": action}, "resource": resource})

# The letter with another class.
of_class(class) := object.union(letter, {"context": {"declared_class": class}})

grant(class, expires) := {
	"department": "retail",
	"action": "chat",
	"class_ceiling": class,
	"expires": expires,
	"use_case": "complaint-triage",
}

# The letter with another class, and a grant.
granted(class, given) := object.union(letter, {"context": {"declared_class": class, "grants": [given]}})
