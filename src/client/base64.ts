// String.fromCharCode takes its input as arguments, of which there may not be too many.
const CHUNK_IN_BYTES = 0x8000;

export function encodeBase64(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK_IN_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_IN_BYTES));
  }
  return btoa(binary);
}

/** @throws DOMException when it is no base64 */
export function decodeBase64(text: string): ArrayBuffer {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes.buffer;
}
