# METADATA
# title: Images and models that a resource asks for
# description: |
#   Finds every place of a resource that names a container image or a model, so that no rule lists kinds: containers of
#   all three sorts, image volumes, pod templates inside custom resources and their fields that say image, Azure's
#   container services and online deployments. A place that can't be read is reported too, so nothing unknown is passed over.
#   Puts together what is found in pods, in custom resources and in Azure; each is in a package of its own.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.images

import data.lib.azure_images
import data.lib.custom_images
import data.lib.pod_images
import data.lib.view

# Every mention: {"path": […], "kind": "image" | "model", "value": …}. Values that are no text are unreadable.
mentions := array.concat(pod_images.mentions, array.concat(custom_images.mentions, azure_images.mentions))

any if count(mentions) > 0

readable := [mention | some mention in mentions; is_string(mention.value)]

# With "why": "unknown" | "secret" | "missing" | "malformed".
unreadable := [{"path": mention.path, "kind": mention.kind, "why": _why(mention.value)} |
	some mention in mentions
	not is_string(mention.value)
]

_why(value) := view.opaque(value)

_why(value) := "missing" if is_null(value)

_why(value) := "malformed" if {
	not is_null(value)
	not view.opaque(value)
}
