"""XGBoost's `hist` as a contender: the quantised matrix that its own `XGBClassifier.fit` builds, then training."""

import sys
import time

import xgboost

import protocol


def fit(x, y, settings, threads):
    started = time.perf_counter()
    matrix = xgboost.QuantileDMatrix(x, y, max_bin=settings["bins"], nthread=threads)
    building = time.perf_counter() - started
    depth, leaves = settings["depth"], settings["leaves"]
    # A tree of 2^depth leaves is bounded by its depth alone; fewer leaves go to the largest gains.
    growth = "depthwise" if leaves >= 2**depth else "lossguide"
    parameters = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "grow_policy": growth,
        "max_depth": depth,
        "max_leaves": leaves,
        "eta": settings["learningRate"],
        "lambda": settings["l2"],
        "min_child_weight": settings["minChildWeight"],
        "max_bin": settings["bins"],
        "nthread": threads,
        # Others start from the rate of the training rows; 0.5 would cost it trees to get there.
        "base_score": float(y.mean()),
    }
    return xgboost.train(parameters, matrix, settings["trees"]), building


def predict(model, x):
    return model.inplace_predict(x)


single = predict


def explain(model, x):
    return model.predict(xgboost.DMatrix(x, nthread=1), pred_contribs=True)


protocol.serve(sys.modules[__name__])
