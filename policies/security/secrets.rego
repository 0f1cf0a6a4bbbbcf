# Credentials never leave, whoever asks and whatever the owner says.
package custody.security

import data.custody.lib.actions.invoking
import data.custody.lib.reasons

deny contains reasons.reason(
	"secret_found",
	"The prompt holds a credential. Nothing was sent.",
	sprintf("secret of kind %s", [kind]),
	"Remove the credential, and have it replaced: it may be known to others now.",
) if {
	input.action.name in invoking
	some kind, _ in input.context.secrets
}
