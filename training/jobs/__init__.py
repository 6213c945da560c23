"""Long work in processes of its own: generate, curate, optimise, finetune, export, evaluate."""
