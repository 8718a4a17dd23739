"""How the tables came to be, step by step; `storage.database.upgrade` runs what is missing."""
