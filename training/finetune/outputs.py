"""What a run puts into its outputs, by name: its weights as PEFT and transformers read them and as llama.cpp
does, its prompt, and its facts."""

ADAPTER, ADAPTER_GGUF, MODEL = "adapter", "adapter.gguf", "model"
PROMPT, RUN = "prompt.toml", "run.json"
ADAPTER_FILE, WHOLE = "adapter_model.safetensors", "model.safetensors"
"""The weights in the folder of an adapter, and in that of a model whose weights were all trained."""
WEIGHTS = {"lora": f"{ADAPTER}/{ADAPTER_FILE}", "full": f"{MODEL}/{WHOLE}"}
"""By method."""
