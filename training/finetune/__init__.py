"""Fine-tuning a student: LoRA or all weights, on what it should have said."""
