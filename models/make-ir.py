"""Writes the digits model in OpenVINO's IR: models/ir/digits.xml and digits.bin.

pip install openvino==2026.4.1
python models/make-ir.py [folder]
"""

import sys
from pathlib import Path

import openvino as ov

HERE = Path(__file__).resolve().parent


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "ir"
    folder.mkdir(parents=True, exist_ok=True)
    model = ov.Core().read_model(HERE / "digits" / "digits_cnn.onnx")
    # FP32 weights as they are: results must equal those of the ONNX file.
    ov.save_model(model, folder / "digits.xml", compress_to_fp16=False)


if __name__ == "__main__":
    main()
