"""The HTTP operations: plain functions of the parts, one file for each thing they are about."""
