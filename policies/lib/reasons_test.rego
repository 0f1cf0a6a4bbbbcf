package tests.lib.reasons

import data.custody.lib.reasons

test_a_reason_has_every_word if {
	reasons.reason("r", "u", "a", "m") == {
		"code": "r",
		"rule": "r",
		"message_user": "u",
		"message_admin": "a",
		"remedy": "m",
	}
}
