"""Which tools a request needs: a learned ranker, and what is offered to a student because of it.

Nothing here needs a model or scikit-learn: ``training.ranker`` fits the ranker's weights, a small file.
"""
