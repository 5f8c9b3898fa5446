/** How large a model may be before it is refused: far above real models, far below what hurts the process. */

/** Nodes of the whole model, local functions expanded. OpenVINO needs 40 s for a chain of 60 000. */
export const MAX_NODES = 100_000;

/** Graphs inside attributes of nodes of graphs. ONNX Runtime's protobuf stops at about 33. */
export const MAX_GRAPH_DEPTH = 64;

/** Nested protobuf messages: three per graph (graph, node, attribute) and some for types of types. */
export const MAX_MESSAGE_DEPTH = 3 * MAX_GRAPH_DEPTH + 32;

/** Messages that the outline keeps: nodes, attributes, tensors, types, sizes. */
export const MAX_MESSAGES = 1_000_000;

/** Tensors stored in the model, those of attributes included. */
export const MAX_TENSORS = 200_000;

/** Fields that the outline keeps (names, dims, attribute heads), and their bytes: each becomes a JavaScript value. */
export const MAX_KEPT_FIELDS = 5_000_000;
export const MAX_KEPT_BYTES = 128 * 1024 * 1024;

/** Dense size of one sparse initializer: ONNX Runtime expands it into a protobuf message, which ends at 2 GiB. */
export const MAX_SPARSE_BYTES = 2n ** 31n;

/**
 * Values in typed protobuf fields of a model that is decoded as a whole, in bytes of float32; an integer costs sixteen per
 * byte of its varint. The generated decoder takes 0.3 us for either and makes a BigInt of every integer: 64 million floats
 * took 21 s and 1.6 GiB, 8 million integers 2.4 s and 0.3 GiB (two cores, Node 20). ResNet-50 with typed floats is below it.
 * Raw data costs nothing.
 */
export const MAX_DECODING_COST = 128 * 1024 * 1024;
