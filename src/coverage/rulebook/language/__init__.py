"""The rule language's words: YAML read with places, amounts and percentages, expressions, inputs."""
