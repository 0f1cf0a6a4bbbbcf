# How sensitive data is, as an order.
package custody.lib.classes

rank := {
	"public": 0,
	"internal": 1,
	"confidential": 2,
	"restricted": 3,
}

known(class) if rank[class] >= 0

# Undefined, and so never true, when either class is unknown. Written out, and not by rank, for it is asked several
# times in every decision.
within(class, ceiling) if class in {
	"public": {"public"},
	"internal": {"public", "internal"},
	"confidential": {"public", "internal", "confidential"},
	"restricted": {"public", "internal", "confidential", "restricted"},
}[ceiling]
