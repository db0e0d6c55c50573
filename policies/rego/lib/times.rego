# METADATA
# title: Times as the registry and the ledger write them
# description: A built-in that is given anything else fails, and with it the whole verdict.
# scope: package
package lib.times

is_one(text) if {
	is_string(text)
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})$`, text)
}
