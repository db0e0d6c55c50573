# METADATA
# title: Settings that a resource has to have
# description: |
#   Compares a resource of Azure with a table of settings by type. Each says where it stands, which values are good and
#   what to write; what is unknown or secret is undetermined. Holds no table: rules do.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.settings

import data.lib.finding
import data.lib.view

# Azure's types are the same in every version of its API.
type := regex.replace(input.resource.type, `/v[0-9a-z]+:`, ":")

# Settings: {"path": […], "good": {…}, "wrong": …, "write": …}; good words are compared without regard to case.
findings(settings) := {found |
	some setting in settings
	value := view.value(setting.path)
	not _is_good(value, setting.good)
	found := finding.at(setting.path, value, setting.wrong, setting.write)
}

_is_good(value, good) if value in good

_is_good(value, good) if {
	is_string(value)
	lower(value) in good
}
