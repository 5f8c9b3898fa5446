/** What is known of an ONNX model before any runtime sees it. */

/** An input or output as the file declares it. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly kind: 'tensor' | 'sparse-tensor' | 'sequence' | 'map' | 'optional';
  /**
   * onnxruntime-common's name where it has one ('float32', 'int4', 'string' ...), else ONNX's in lower case ('bfloat16').
   * The innermost element's for sequences and optionals, the value's for maps; 'undefined' when the file leaves it open.
   */
  readonly elementType: string;
  /** Sizes; a symbolic one is its name, '' when it has none. `undefined`: the rank is not known. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** A node of the top-level graph. */
export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * An attribute's integer, its string of at most 64 bytes, or the first 16 of its integers; of a tensor its element type.
 * `undefined`: the attribute is there, with a value of another kind.
 */
export type OnnxAttributeValue =
  number | string | readonly number[] | { readonly tensor: string } | undefined;

/** What a node reads, as far as it shows without running the model. */
export interface OnnxOperand {
  readonly name: string;
  /** Where the value comes from: 'inner' for what nodes make, and for the parameters of subgraphs and functions. */
  readonly source: 'input' | 'constant' | 'inner';
  /** As in `OnnxValueInfo`; 'undefined' when it is not known. */
  readonly elementType: string;
  /** Declared sizes of an input of the model, dims of a constant; `undefined` elsewhere. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** A node anywhere in the model: in its graph, a subgraph or a local function. */
export interface OnnxOperation {
  readonly type: string;
  readonly domain: string;
  /** Version of the operator set it is of; `undefined` when the file names none. */
  readonly opset: number | undefined;
  readonly attributes: ReadonlyMap<string, OnnxAttributeValue>;
  /** `undefined`: an optional input that is left out. */
  readonly inputs: readonly (OnnxOperand | undefined)[];
  /** Names; '' for an optional output that is left out. */
  readonly outputs: readonly string[];
}

/** A byte range of a file beside the model. */
export interface ExternalDataRange {
  readonly tensor: string;
  readonly location: string;
  readonly offset: bigint;
  /** As the file states it; absent: what the tensor needs. */
  readonly length: bigint | undefined;
  /** What the tensor's dims and type need. Equal to `length` where that is given. */
  readonly bytes: bigint;
}

/** Where the values of an initializer are. */
export type InitializerData =
  /** `length` bytes in the model itself, little-endian, from `offset`. */
  | { readonly kind: 'raw'; readonly offset: number; readonly length: number }
  /** In a typed protobuf field of the model: decode the model to read it. */
  | { readonly kind: 'typed' }
  | { readonly kind: 'external'; readonly range: ExternalDataRange };

/** A constant of the top-level graph; its values stay in the file. */
export interface OnnxInitializer {
  readonly name: string;
  readonly elementType: string;
  readonly dims: readonly number[];
  readonly data: InitializerData;
}

export interface ModelOutline {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each operator set; the default domain is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Inputs a caller feeds: without those that have an initializer, as ONNX Runtime counts them. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly nodes: readonly OnnxNode[];
  /** Every node of the model, subgraphs and functions included. */
  readonly operations: readonly OnnxOperation[];
  /** Dense initializers of the top-level graph. */
  readonly initializers: readonly OnnxInitializer[];
  /** Operators of the whole model, subgraphs and functions included, most used first. */
  readonly operators: readonly {
    readonly domain: string;
    readonly type: string;
    readonly count: number;
  }[];
  /** Byte ranges of the whole model, subgraphs and attributes included. */
  readonly externalData: readonly ExternalDataRange[];
  /** Size of all initializers of the whole model, external ones included. */
  readonly initializerBytes: bigint;
}
