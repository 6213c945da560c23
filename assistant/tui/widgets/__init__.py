"""One widget per file. Widgets draw and post messages; nothing else."""
