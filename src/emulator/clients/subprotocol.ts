import type { WireFormat } from "../protocol/codecs.ts";

/** How the service and one client talk. */
export interface Subprotocol {
  /** As the client spelled it; undefined when none was agreed. */
  readonly name: string | undefined;
  readonly format: WireFormat;
  readonly isReliable: boolean;
}

const SIMPLE: Subprotocol = { name: undefined, format: "simple", isReliable: false };

const NAMED: readonly Subprotocol[] = [
  { name: "json.webpubsub.azure.v1", format: "json", isReliable: false },
  { name: "json.reliable.webpubsub.azure.v1", format: "json", isReliable: true },
  { name: "protobuf.webpubsub.azure.v1", format: "protobuf", isReliable: false },
  { name: "protobuf.reliable.webpubsub.azure.v1", format: "protobuf", isReliable: true },
];

const KNOWN = new Map(NAMED.map((known) => [known.name, known]));

/**
 * The app server's choice counts; undefined when the client did not offer it. Without one it is the
 * first offer that the service knows. Names are compared ignoring case and told back as the client
 * spelled them.
 */
export function chooseSubprotocol(
  offered: readonly string[],
  wanted: string | undefined,
): Subprotocol | undefined {
  if (wanted === undefined) {
    return describe(offered.find((offer) => KNOWN.has(offer.toLowerCase())));
  }
  const name = offered.find((offer) => offer.toLowerCase() === wanted.toLowerCase());
  return name === undefined ? undefined : describe(name);
}

/** Spoken by the service, but not by the emulator. */
export const isMqtt = (name: string): boolean => name.toLowerCase() === "mqtt";

// Member by member: of a spread copy every connection would keep the shape as well.
function describe(name: string | undefined): Subprotocol {
  if (name === undefined) return SIMPLE;
  const known = KNOWN.get(name.toLowerCase()) ?? SIMPLE;
  if (known.name === name) return known;
  const { format, isReliable } = known;
  return { name, format, isReliable };
}
