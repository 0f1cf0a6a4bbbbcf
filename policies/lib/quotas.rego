# How much one call may ask of a model. What a department used so far is not in the input: that is admission's.
package custody.lib.quotas

# The tokens that `table` grants the caller's department, and `otherwise` any other.
tokens(table, otherwise) := object.get(table, input.subject.department, otherwise)

# Obligations that keep the reply of any call within them.
capped(table, otherwise) := {"max_tokens": tokens(table, otherwise)}

# Whether the call itself asks for more. One that names no number is capped by the obligation.
exceeded(table, otherwise) if {
	is_number(input.context.max_tokens)
	input.context.max_tokens > tokens(table, otherwise)
}
