/**
 * The body of a request, already in the bytes that go over the wire. The SDK takes any bytes for
 * `application/octet-stream`; these say themselves what they are.
 */
export class EncodedBody extends Uint8Array {
  readonly contentType: string;

  constructor(bytes: Uint8Array, contentType: string) {
    super(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    this.contentType = contentType;
  }
}
