# What a call is for. Purposes are words with dots: "research.clinical" is a kind of "research".
package custody.lib.purposes

stated if input.context.purpose != ""

# A purpose, or a kind of it.
is(purpose) if input.context.purpose == purpose

is(purpose) if startswith(input.context.purpose, concat("", [purpose, "."]))

# One of several, or a kind of one.
any_of(purposes) if {
	some purpose in purposes
	is(purpose)
}
