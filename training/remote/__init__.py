"""Fine-tuning elsewhere: at OpenAI, on machines of Hugging Face, at an endpoint of one's own."""
