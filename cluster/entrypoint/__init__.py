"""What runs inside a pod (`python -m cluster.entrypoint`): it starts Ray, watches it, and sees to it that the pod never bills on.

What is to happen is decided in judgement.py, which is pure; supervisor.py looks around and does it.
"""
