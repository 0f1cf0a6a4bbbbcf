# How sensitive data is, as an order.
package custody.lib.classes

rank := {
	"public": 0,
	"internal": 1,
	"confidential": 2,
	"restricted": 3,
}

known(class) if rank[class] >= 0

# Undefined, and so never true, when either class is unknown.
within(class, ceiling) if rank[class] <= rank[ceiling]
