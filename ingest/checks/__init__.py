"""What an editor should know about the documents: one module a question, each giving problems that inform."""
