package lib.reference_test

import data.lib.reference

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

test_every_part_of_a_reference_is_found if {
	reference.parse(sprintf("r.azurecr.io:443/a/b-c:1.2@%s", [_digest])) == {
		"form": "oci",
		"registry": "r.azurecr.io:443",
		"repository": "a/b-c",
		"tag": "1.2",
		"digest": _digest,
	}
}

test_a_reference_without_host_goes_to_docker_hub if {
	every text in ["nginx", "library/nginx", "nginx:latest"] {
		reference.parse(text).registry == "docker.io"
	}
}

test_localhost_is_a_host if reference.parse("localhost/a").registry == "localhost"

test_what_the_grammar_does_not_allow_has_no_parts if {
	every text in [
		"", " r.io/a", "r.io/a ", "r.io/a\n", "R.io/a", "r.io/A", "r.io/../a", "r.io/a//b", "r.io@evil.io/a",
		"https://r.io/a", "my_host.io/a", "r.iо/a", "r.io/a@sha256:00", "r.io/a@md5:0123", "r.io/a:", "-r.io/a",
	] {
		not reference.parse(text)
	}
}

test_an_endless_reference_has_no_parts if {
	not reference.parse(concat("", ["r.io/", concat("", [letter | some _ in numbers.range(1, 600); letter := "a"])]))
}

test_a_mirrored_version_names_its_digest if {
	reference.parse(sprintf("azureml://registries/reg/models/m/versions/%s", [replace(_digest, ":", "-")])) == {
		"form": "azureml",
		"registry": "reg",
		"repository": "m",
		"tag": replace(_digest, ":", "-"),
		"digest": _digest,
	}
}

test_a_numbered_version_names_none if {
	reference.parse("azureml://registries/reg/models/m/versions/3").digest == ""
}

test_a_label_or_a_workspace_has_no_parts if {
	every text in [
		"azureml://registries/reg/models/m/labels/latest",
		"azureml://subscriptions/s/resourcegroups/g/workspaces/w/models/m/versions/1",
		"azureml://registries/reg/models/../versions/3",
	] {
		not reference.parse(text)
	}
}

test_a_digest_that_is_none_is_told if {
	every text, words in {
		"r.io/a@sha256:abc": "the digest is cut short: 3 of 64 characters",
		"r.io/a:1@sha256:": "the digest is cut short: 0 of 64 characters",
		sprintf("r.io/a@%s0", [_digest]): "the digest is too long: 65 characters, not 64",
		sprintf("r.io/a@%s", [upper(_digest)]): "the digest is none: `sha256:` and 64 digits of 0-9 and a-f",
		sprintf("r.io/a@%s", [replace(_digest, "a", "g")]): "the digest is none: `sha256:` and 64 digits of 0-9 and a-f",
		sprintf("r.io/a@%s", [trim_prefix(_digest, "sha256:")]): "the digest is none: `sha256:` and 64 digits of 0-9 and a-f",
	} {
		reference.fault(text) == words
	}
	every text in [sprintf("r.io/a@%s", [_digest]), "r.io/a:1", "user@r.io/a:1", "R.io/a@sha256:abc"] {
		not reference.fault(text)
	}
	reference.undigested("r.io/a:1@sha256:abc") == "r.io/a:1"
}
