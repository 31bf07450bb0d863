"""scikit-learn's HistGradientBoostingClassifier as a contender. It bounds leaves by rows, where the others bound them by
hessian, and its threads come from OMP_NUM_THREADS."""

import sys

from sklearn.ensemble import HistGradientBoostingClassifier

import protocol


def fit(x, y, settings, _threads):
    model = HistGradientBoostingClassifier(
        max_iter=settings["trees"],
        max_depth=settings["depth"],
        max_leaf_nodes=settings["leaves"],
        learning_rate=settings["learningRate"],
        l2_regularization=settings["l2"],
        max_bins=settings["bins"],
        early_stopping=False,
        random_state=1,
    )
    return model.fit(x, y), 0.0


def predict(model, x):
    return model.predict_proba(x)[:, 1]


protocol.serve(sys.modules[__name__])
