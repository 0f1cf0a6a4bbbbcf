package tests.lib.purposes

import data.custody.lib.purposes
import data.tests.lib.samples

meaning(purpose) := object.union(samples.letter, {"context": {"purpose": purpose}})

test_a_kind_of_a_purpose_is_it if {
	purposes.is("research") with input as meaning("research")
	purposes.is("research") with input as meaning("research.clinical")
	not alike
	not wider
}

alike if purposes.is("research") with input as meaning("researchers")

wider if purposes.is("research.clinical") with input as meaning("research")

test_one_of_several if {
	purposes.any_of({"support", "research"}) with input as meaning("support.letters")
	not none
}

none if purposes.any_of({"support", "research"}) with input as meaning("marketing")

test_nothing_stated_is_no_purpose if {
	purposes.stated with input as meaning("support")
	not silent
	not purposes_of_nothing
}

silent if purposes.stated with input as meaning("")

purposes_of_nothing if purposes.any_of({"support"}) with input as meaning("")
