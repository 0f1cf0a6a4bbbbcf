# Registered texts stay with the department that registered them.
package custody.security

import data.custody.lib.actions.invoking
import data.custody.lib.reasons

# A corpus that nobody registered is nobody's to use.
own_corpus(name) if data.corpora[name].owner == input.subject.department

deny contains object.union(
	reasons.reason(
		"corpus_found",
		sprintf("The prompt holds text of the registered corpus %s. Nothing was sent.", [name]),
		sprintf("text of corpus %s", [name]),
		"Leave that text out, or ask the owner of the corpus.",
	),
	{"owner_contact": corpus_contact(name)},
) if {
	input.action.name in invoking
	some name, _ in input.context.corpora
	not own_corpus(name)
}

# Always a value: a contact that is missing must not keep a denial from being made.
corpus_contact(name) := object.get(data.contacts, corpus_owner(name), "")

corpus_owner(name) := object.get(data.corpora, [name, "owner"], "security")
