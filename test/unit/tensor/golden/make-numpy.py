"""Writes numpy.json: files made by numpy 2.4.6, base64, that the readers must understand (or refuse by name).

python make-numpy.py > numpy.json
"""

import base64
import io
import json

import numpy as np


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return base64.b64encode(file.getvalue()).decode()


def npy_version(array, version):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return base64.b64encode(file.getvalue()).decode()


def npz(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return base64.b64encode(file.getvalue()).decode()


NUMBERS = "float32 float64 float16 int8 uint8 int16 uint16 int32 uint32 int64 uint64".split()
files = {name: npy(np.array([[1, 2, 3], [100, 5, 6]], dtype=name)) for name in NUMBERS}
files |= {
    "bool": npy(np.array([[True, False, True], [False, True, True]])),
    "bigendian": npy(np.array([[1, 2, 3], [100, 5, 6]], dtype=">f4")),
    "bigendian64": npy(np.array([1, -2, 3], dtype=">i8")),
    "fortran": npy(np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4))),
    "scalar": npy(np.array(7.5, dtype=np.float32)),
    "empty": npy(np.zeros((0, 3), np.float32)),
    "strings": npy(np.array(["a", "héllo", "日本"])),
    "v2": npy_version(np.array([1, 2], np.int16), (2, 0)),
    "v3": npy_version(np.array([1, 2], np.int16), (3, 0)),
    "complex": npy(np.array([1j])),
    "object": npy(np.array([None]), allow_pickle=True),
    "structured": npy(np.zeros(1, dtype=[("a", "<f4"), ("b", "<i4")])),
    "date": npy(np.array(["2020-01-01"], dtype="M8[D]")),
    "npz": npz(np.savez, a=np.array([1, 2], np.float32), b=np.array([[3]], np.int64)),
    "npzc": npz(np.savez_compressed, a=np.arange(100, dtype=np.float32)),
}
print(json.dumps(files, indent=1))
