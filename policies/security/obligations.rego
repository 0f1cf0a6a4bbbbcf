# What holds for every allowed call. Owners can add to it and make it stricter, never weaker.
package custody.security

obligations := {
	"prompt": {
		"PERSON": "replace",
		"EMAIL_ADDRESS": "replace",
		"PHONE_NUMBER": "replace",
		"LOCATION": "replace",
		"CREDIT_CARD": "replace",
		"IBAN_CODE": "replace",
		"US_SSN": "replace",
		"IP_ADDRESS": "replace",
		"*": "replace",
	},
	# What a model must never make up about a person. Dates and places are how answers are written.
	"reply": {
		"PERSON": "replace",
		"EMAIL_ADDRESS": "replace",
		"PHONE_NUMBER": "replace",
		"CREDIT_CARD": "replace",
		"IBAN_CODE": "replace",
		"US_SSN": "replace",
		"DATE_TIME": "keep",
		"LOCATION": "keep",
		"*": "replace",
	},
	"restore": true,
	"priority": 0,
}
