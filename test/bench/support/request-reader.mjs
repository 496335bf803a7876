const headEnd = "\r\n\r\n";
const lastChunk = "0\r\n\r\n";

/** Finds the requests in the bytes of one connection, which come in pieces of any size. */
export class RequestReader {
  #text = "";

  /** The methods of the requests that these bytes complete. */
  add(bytes) {
    // One character is one byte.
    this.#text += bytes.latin1Slice();
    const methods = [];
    for (let end = endOfRequest(this.#text); end > 0; end = endOfRequest(this.#text)) {
      methods.push(this.#text.slice(0, this.#text.indexOf(" ")));
      this.#text = this.#text.slice(end);
    }
    return methods;
  }
}

/** Where the first request ends; -1 if that has not come yet. */
function endOfRequest(text) {
  const end = text.indexOf(headEnd);
  if (end === -1) return -1;
  const head = text.slice(0, end);
  const body = end + headEnd.length;
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length) return body + Number(length) <= text.length ? body + Number(length) : -1;
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return body;
  // JSON holds no bare line ends, so this cannot be a part of it.
  const last = text.indexOf(lastChunk, body);
  return last === -1 ? -1 : last + lastChunk.length;
}
