"""Writes a small convolution net for TensorFlow Lite, and one input with its output, into models/tflite.

pip install tensorflow-cpu==2.21.0
python models/make-tflite.py [folder]

The weights are random (seeded): the file is for reading and running, not for its answers. The reference output is
TensorFlow Lite's own, from its plain kernels.
"""

import json
import os
import sys
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parent
SIZE = 8
CLASSES = 10


def build() -> tf.lite.TFLiteConverter:
    random = np.random.default_rng(20)

    def weights(*shape: int) -> tf.Tensor:
        spread = np.sqrt(2 / np.prod(shape[:-1]))
        return tf.constant(random.normal(0, spread, shape).astype(np.float32))

    kernel = weights(3, 3, 1, 8)
    bias = tf.constant(random.normal(0, 0.1, 8).astype(np.float32))
    dense = weights((SIZE // 2) ** 2 * 8, CLASSES)

    @tf.function(input_signature=[tf.TensorSpec([1, SIZE, SIZE, 1], tf.float32, name="image")])
    def net(image: tf.Tensor) -> dict[str, tf.Tensor]:
        features = tf.nn.relu(tf.nn.conv2d(image, kernel, strides=1, padding="SAME") + bias)
        pooled = tf.nn.max_pool2d(features, ksize=2, strides=2, padding="VALID")
        return {"probabilities": tf.nn.softmax(tf.matmul(tf.reshape(pooled, [1, -1]), dense))}

    module = tf.Module()
    module.net = net
    return tf.lite.TFLiteConverter.from_concrete_functions([net.get_concrete_function()], module)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "tflite"
    folder.mkdir(parents=True, exist_ok=True)
    content = build().convert()
    (folder / "small_cnn.tflite").write_bytes(content)

    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    (target,) = interpreter.get_output_details()
    image = np.random.default_rng(21).random(source["shape"], dtype=np.float32)
    interpreter.set_tensor(source["index"], image)
    interpreter.invoke()
    output = interpreter.get_tensor(target["index"])

    def described(details: dict, values: np.ndarray) -> dict:
        return {
            "name": details["name"],
            "type": "float32",
            "dims": [int(size) for size in details["shape"]],
            "data": [float(value) for value in values.ravel()],
        }

    reference = {"input": described(source, image), "output": described(target, output)}
    (folder / "small_cnn.reference.json").write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    main()
