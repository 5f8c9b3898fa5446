/** Writes the reduced model of `wire-walk.ts`: copied fields, and messages whose length is filled in when they end. */

/** Lengths take five bytes, padded: they are not known when the message begins, and decoders take them so. */
const LENGTH_BYTES = 5;

export class ReducedWriter {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  readonly #cuts: number[] = [];

  /** Bytes since the last cut. */
  get pieceLength(): number {
    return this.#length - (this.#cuts.at(-1) ?? 0);
  }

  get length(): number {
    return this.#length;
  }

  copy(piece: Uint8Array): void {
    this.#reserve(piece.length);
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
  }

  tag(field: number, wireType: number): void {
    this.#reserve(LENGTH_BYTES);
    this.#varint(field * 8 + wireType);
  }

  /** Starts a message in `field`; give the result to `endMessage`. */
  beginMessage(field: number): number {
    this.#reserve(2 * LENGTH_BYTES);
    this.#varint(field * 8 + 2);
    const lengthAt = this.#length;
    this.#length += LENGTH_BYTES;
    return lengthAt;
  }

  endMessage(lengthAt: number): void {
    let rest = this.#length - lengthAt - LENGTH_BYTES;
    for (let i = 0; i < LENGTH_BYTES; i++) {
      this.#bytes[lengthAt + i] = (rest & 0x7f) | (i < LENGTH_BYTES - 1 ? 0x80 : 0);
      rest >>>= 7;
    }
  }

  /** Writes `value` as four little-endian bytes in `field`. */
  index(field: number, value: number): void {
    this.#reserve(2 * LENGTH_BYTES + 4);
    this.#varint(field * 8 + 2);
    this.#varint(4);
    new DataView(this.#bytes.buffer).setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Ends a piece; every message must have ended. Protobuf merges pieces that are decoded one after the other. */
  cut(): void {
    this.#cuts.push(this.#length);
  }

  /** The pieces. */
  finish(): Uint8Array[] {
    this.cut();
    return this.#cuts.map((end, i) => this.#bytes.subarray(this.#cuts[i - 1] ?? 0, end));
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
