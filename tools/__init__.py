"""What the student may call: tools, their schemas, the calling protocol, permissions, the executor."""
