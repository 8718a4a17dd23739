"""Keeps episodes, worlds and artifacts: SQLAlchemy, Alembic, boto3. No Ray, no torch."""
