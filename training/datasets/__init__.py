"""Training examples: what generation and curation make, and what fine-tuning reads."""
