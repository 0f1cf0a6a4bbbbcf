# Ceilings by use case: how sensitive data may be, where a department sets limits of its own below the asset's.
package custody.lib.ceilings

import data.custody.lib.classes

# The class that `table` has for the use case of this call, and `otherwise` for any other.
of(table, otherwise) := object.get(table, input.context.use_case, otherwise)

# Undefined, and so never true, for a class that nobody knows.
kept(table, otherwise) if classes.within(input.context.declared_class, of(table, otherwise))
