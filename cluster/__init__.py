"""Machines. Ray's autoscaler imports this package before any job exists, so it imports nothing of ours."""
