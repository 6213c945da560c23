"""From trained weights to GGUF: an adapter, or a merged and quantised student, proved before it is used."""
