package tests.security.secrets

import data.custody.access.decision
import data.tests.lib.samples

test_a_secret_is_refused_whoever_asks if {
	every department in ["it", "product", "retail", "legal", "audit"] {
		asked := object.union(samples.from(department, ""), {"context": {"secrets": {"aws_access_key": 1, "jwt": 2}}})
		made := decision with input as asked
		not made.allow
		made.reasons[0].rule == "secret_found"
	}
}

# What a prompt holds does not hide an asset: the refusal can then be told to those who may see it.
test_a_secret_hides_no_asset if {
	asked := object.union(samples.asking("discover", samples.support_tone), {"context": {"secrets": {"jwt": 1}, "corpora": {"contracts": 1}}})
	made := decision with input as asked
	made.allow
}
