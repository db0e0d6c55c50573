"""Team and platform stack configuration: the only reader of the YAML under stacks/."""
