"""World extraction: what can be measured in an uploaded picture without a model."""
