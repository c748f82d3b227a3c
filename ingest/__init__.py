"""The clinic's documents become a published, immutable index version."""
