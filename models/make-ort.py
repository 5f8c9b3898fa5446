"""Writes the add model in ONNX Runtime's own format: models/ort/add.ort.

pip install onnxruntime==1.31.1
python models/make-ort.py [folder]
"""

import sys
from pathlib import Path

import onnxruntime

HERE = Path(__file__).resolve().parent


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "ort"
    folder.mkdir(parents=True, exist_ok=True)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "add.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    onnxruntime.InferenceSession(HERE / "small" / "add.onnx", options)


if __name__ == "__main__":
    main()
