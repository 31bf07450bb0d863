"""What the Python contenders share: frames from disk and the answers of learners-contenders.ts, one line of JSON each.

A peer gives `fit(x, y, settings, threads) -> (model, seconds to build its matrix)`, `predict(model, x)` and, where it is
measured on prediction, `single(model, row)` and `explain(model, x)`. Times are wall-clock seconds.
"""

import json
import sys
import time

import numpy as np


def serve(peer):
    assignment = json.loads(sys.argv[1])
    columns = assignment["columns"]
    folds = [(read(f["train"], columns), read(f["test"], columns), f["predictions"]) for f in assignment["folds"]]
    models = []
    say({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        name, rows = command["command"], command.get("rows")
        if name == "fit":
            models.clear()
            say(fit_all(peer, assignment, folds, rows, models))
        elif name == "predict":
            for model, (_, (x, _), file) in zip(models, folds):
                peer.predict(model, x).astype(np.float64).tofile(file)
            say({})
        else:
            x = folds[0][1][0]
            say({"single": time_single, "batch": time_batch, "explain": time_explain}[name](peer, models[0], x, rows))


def read(block, columns):
    """Row-major values (rows, columns) and labels (rows)."""
    rows = block["rows"]
    x = np.fromfile(block["x"], dtype=np.float32, count=rows * columns).reshape(rows, columns)
    return x, np.fromfile(block["y"], dtype=np.uint8, count=rows)


def say(answer):
    print(json.dumps(answer), flush=True)


def fit_all(peer, assignment, folds, rows, models):
    seconds = matrix_seconds = 0.0
    for (x, y), _, _ in folds:
        started = time.perf_counter()
        model, building = peer.fit(x[:rows], y[:rows], assignment["settings"], assignment["threads"])
        seconds += time.perf_counter() - started
        matrix_seconds += building
        models.append(model)
    return {"seconds": seconds, "matrixSeconds": matrix_seconds}


def time_single(peer, model, x, rows):
    order = [(i * 7919) % len(x) for i in range(rows)]
    vectors = [x[i : i + 1].copy() for i in order]
    micros = []
    for vector in vectors:
        started = time.perf_counter()
        peer.single(model, vector)
        micros.append((time.perf_counter() - started) * 1e6)
    return {"median": float(np.quantile(micros, 0.5)), "p99": float(np.quantile(micros, 0.99))}


def time_batch(peer, model, x, rows):
    return per_row(lambda: peer.predict(model, x[:rows]), rows)


def time_explain(peer, model, x, rows):
    return per_row(lambda: peer.explain(model, x[:rows]), rows)


def per_row(call, rows):
    started = time.perf_counter()
    call()
    micros = (time.perf_counter() - started) * 1e6 / rows
    return {"median": micros, "p99": micros}
