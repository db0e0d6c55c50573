# METADATA
# title: What a cluster has admitted before
# description: |
#   The images and models of a request that were judged when they came: those that the object has as it stands, and all of
#   what Kubernetes' own controllers make of a template, which was judged itself. So a workload scales, moves and fails over
#   by what it was admitted for; whoever writes another image is judged for it. Read by gate A. Judges nothing.
# scope: package
package lib.admitted

import data.lib.images
import data.lib.review

references contains mention.value if {
	input.request.operation == "UPDATE"
	is_object(input.request.oldObject)
	before := object.union(object.remove(review.resource, ["properties"]), {"properties": input.request.oldObject})
	some mention in images.readable with input as {"resource": before}
}

references contains mention.value if {
	_is_made_of_a_template
	some mention in images.readable with input as {"resource": review.resource}
}

_is_made_of_a_template if {
	input.request.operation == "CREATE"
	input.request.userInfo.username in _controllers
	some owner in input.request.object.metadata.ownerReferences
	owner.controller == true
}

# By the names that the API server has authenticated. Other controllers are judged like anybody else.
_controllers := {sprintf("system:serviceaccount:kube-system:%s-controller", [name]) |
	some name in ["cronjob", "daemon-set", "deployment", "job", "replicaset", "replication", "statefulset"]
}
