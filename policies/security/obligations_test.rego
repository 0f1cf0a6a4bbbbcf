package tests.security.obligations

import data.custody.access.decision
import data.tests.lib.samples

test_every_personal_type_is_replaced_in_prompts if {
	made := decision with input as samples.letter
	every entity in ["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "*"] {
		made.obligations.prompt[entity] == "replace"
	}
}

test_replies_keep_dates_and_places_and_no_person if {
	made := decision with input as samples.letter
	made.obligations.reply.LOCATION == "keep"
	made.obligations.reply.PERSON == "replace"
	made.obligations.reply["*"] == "replace"
}
