"""What the real library says of a model and rows: JSON {"model", "names", "rows"} in, its probabilities and contributions out."""
import json
import sys

import numpy as np
import xgboost

asked = json.load(sys.stdin)
booster = xgboost.Booster()
booster.load_model(bytearray(asked["model"], "utf8"))
rows = np.array([[np.nan if value is None else value for value in row] for row in asked["rows"]], dtype=np.float32)
data = xgboost.DMatrix(rows, feature_names=booster.feature_names, feature_types=booster.feature_types)
json.dump(
    {
        "predictions": booster.predict(data).astype(float).tolist(),
        "contributions": booster.predict(data, pred_contribs=True).astype(float).tolist(),
    },
    sys.stdout,
)
