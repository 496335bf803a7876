/** Counts the messages in the bytes of one WebSocket of a server, which come in pieces of any size. */
export class FrameCounter {
  #header = Buffer.alloc(10);
  #headerBytes = 0;
  #payloadBytes = 0;

  /** How many messages these bytes complete; control frames do not count. */
  add(bytes, length) {
    let messages = 0;
    let offset = 0;
    while (offset < length) {
      if (this.#payloadBytes > 0) {
        const taken = Math.min(this.#payloadBytes, length - offset);
        this.#payloadBytes -= taken;
        offset += taken;
      } else {
        this.#header[this.#headerBytes++] = bytes[offset++];
        if (this.#headerBytes < this.#headerLength()) continue;
        this.#payloadBytes = this.#payloadLength();
        this.#headerBytes = 0;
      }
      if (this.#payloadBytes === 0 && this.#headerBytes === 0 && this.#isMessage()) messages += 1;
    }
    return messages;
  }

  #isMessage() {
    return (this.#header[0] & 0x0f) < 8;
  }

  #headerLength() {
    if (this.#headerBytes < 2) return 2;
    const mark = this.#header[1] & 0x7f;
    return mark === 127 ? 10 : mark === 126 ? 4 : 2;
  }

  #payloadLength() {
    const mark = this.#header[1] & 0x7f;
    if (mark === 127) return Number(this.#header.readBigUInt64BE(2));
    return mark === 126 ? this.#header.readUInt16BE(2) : mark;
  }
}
