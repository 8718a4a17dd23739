"""Ray shells around the coordinator, the renderers and the publishers. They forward; they decide nothing."""
