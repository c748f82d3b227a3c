"""A patient's question becomes exactly one Reply."""
