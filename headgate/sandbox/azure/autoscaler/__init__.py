"""The cluster autoscaler of agent pools, simulated: what AKS runs beside a cluster whose pools have bounds.

`fit` says where a pod could run, `growth` which pools would help the pods that wait, `idle` which nodes nobody needs,
`reports` what is told in the cluster; `loop` looks again and again. Pods that a rule between pods keeps waiting
(anti-affinity, spread) are not seen as such: for them a node that has room counts as one.
"""
