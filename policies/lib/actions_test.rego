package tests.lib.actions

import data.custody.access.decision
import data.custody.lib.actions
import data.tests.lib.samples

test_conversation_is_an_invocation if actions.conversational - actions.invoking == set()

test_every_action_has_a_decision if {
	every action in actions.invoking | {"discover", "manage", "audit"} {
		made := decision with input as samples.asking(action, samples.base_model)
		is_boolean(made.allow)
	}
}
