"""What the pinned Kubernetes brings of roles and bindings, as `make docs` vendors it: digests by name."""

from __future__ import annotations

import json
from collections import defaultdict

import yaml
from vendor import Source, files

from headgate.cluster.own_roles import digest, key

# Kubernetes' own record of what its API server writes, with and without features that are off by default.
SOURCE = Source("k8s.io/kubernetes", ("plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/*.yaml",))


def text() -> str:
    """Return the table's file: an object a line, so that a change of version can be read."""
    version, paths = files(SOURCE)
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))["items"]:
            found[key(each)].add(digest(each))
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(sorted(found[name]))}" for name in sorted(found))
    head = f'"module":{json.dumps(SOURCE.module)},"version":{json.dumps(version)}'
    return f'{{{head},"objects":{{\n{lines}\n}}}}\n'
