package tests.lib.classes

import data.custody.access.decision
import data.custody.lib.classes
import data.tests.lib.samples

test_order if {
	classes.within("public", "internal")
	classes.within("restricted", "restricted")
	not classes.within("confidential", "internal")
}

test_within_is_the_order_of_ranks if {
	every class, place in classes.rank {
		every ceiling, limit in classes.rank {
			holds := [true | classes.within(class, ceiling)]
			holds == [true | place <= limit]
		}
	}
}

test_unknown_class_is_within_nothing if {
	not classes.within("secret", "restricted")
	not classes.within("public", "secret")
	not classes.known("secret")
}

test_every_class_has_a_decision if {
	every class, _ in classes.rank {
		made := decision with input as samples.of_class(class)
		is_boolean(made.allow)
	}
}
