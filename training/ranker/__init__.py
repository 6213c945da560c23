"""Teaching the tool ranker: from the seed requests and from the decision log to a small file of weights.

The ranker itself is ``tools.selection.ranker``; scikit-learn is needed here only.
"""
