"""Two trainings as a data scientist logs them: run in MLflow's own environment, against the server that it is given."""

import json
import sys

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

ROWS = pd.DataFrame({"amount": [1.0, 2.0, 3.0, 4.0], "age": [1, 0, 1, 0]})


def train(name: str, strength: float) -> str:
    """Train, log and register a version; return its run."""
    with mlflow.start_run() as run:
        mlflow.set_tags(
            {
                "mlflow.source.git.commit": "8b5f0c1d2e3a4b5c6d7e8f901a2b3c4d5e6f7081",
                "mlflow.source.git.repoURL": "https://ci:secret@example.com/fraud",
                "campaign": "spring",
            }
        )
        mlflow.log_param("C", strength)
        mlflow.log_metric("auc", 0.93)
        mlflow.log_input(mlflow.data.from_pandas(ROWS, name="payments"), context="training")
        model = LogisticRegression(C=strength).fit(ROWS, [0, 0, 1, 1])
        mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(ROWS, model.predict(ROWS)),
            serialization_format="cloudpickle",
            registered_model_name=name,
            extra_files=[sys.argv[2]],
        )
    return run.info.run_id


if __name__ == "__main__":
    mlflow.set_tracking_uri(sys.argv[1])
    runs = [train("fraud-score", strength) for strength in (1.0, 2.0)]
    client = MlflowClient()
    client.set_registered_model_alias("fraud-score", "champion", "1")
    client.set_model_version_tag("fraud-score", "1", "reviewed", "yes")
    sys.stdout.write("\n" + json.dumps(runs))
