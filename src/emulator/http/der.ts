// The types of ASN.1 that a certificate is made of, in the bytes of DER (X.690).

export const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts);

export const set = (...parts: readonly Buffer[]): Buffer => tagged(0x31, ...parts);

/** Not negative. */
export function integer(bytes: Buffer): Buffer {
  const significant = bytes.subarray(
    bytes.findIndex((byte, at) => byte > 0 || at === bytes.length - 1),
  );
  const isNegative = (significant[0] ?? 0) > 0x7f;
  return tagged(0x02, Buffer.from(isNegative ? [0] : []), significant);
}

export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));

export const octetString = (content: Buffer): Buffer => tagged(0x04, content);

/** @param unusedBits How many of the last byte are none of it. */
export const bitString = (content: Buffer, unusedBits = 0): Buffer =>
  tagged(0x03, Buffer.from([unusedBits]), content);

export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text));

/** Until 2049, as certificates have to write such times. */
export function utcTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/\D/g, "").slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

/** @param id Such as `2.5.29.17`. */
export function objectIdentifier(id: string): Buffer {
  const [first = 0, second = 0, ...others] = id.split(".").map(Number);
  return tagged(0x06, Buffer.from([40 * first + second, ...others.flatMap(inSevenBits)]));
}

/** A part that is told by its number rather than by its type. */
export const context = (number: number, content: Buffer, isConstructed: boolean): Buffer =>
  tagged((isConstructed ? 0xa0 : 0x80) + number, content);

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content]);
}

function lengthOf({ length }: Buffer): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return [0x80 + bytes.length, ...bytes];
}

function inSevenBits(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 + (rest & 0x7f));
  return bytes;
}
