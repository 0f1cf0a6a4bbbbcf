# Words for a decision. A layer says what and why; custody.access adds who, so that nobody speaks for another.
package custody.lib.reasons

# message_user and remedy reach the caller; message_admin reaches the audit log alone.
reason(rule, message_user, message_admin, remedy) := {
	"code": rule,
	"rule": rule,
	"message_user": message_user,
	"message_admin": message_admin,
	"remedy": remedy,
}
