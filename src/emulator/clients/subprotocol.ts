import type { WireFormat } from "../protocol/broadcast.ts";

interface Wire {
  readonly format: WireFormat;
  readonly isReliable: boolean;
}

/** How the service and one client talk. */
export interface Subprotocol extends Wire {
  /** As the client spelled it; undefined when none was agreed. */
  readonly name: string | undefined;
}

export type SubprotocolChoice =
  | { readonly kind: "chosen"; readonly subprotocol: Subprotocol }
  /** The service has such a protocol, the emulator does not. */
  | { readonly kind: "notBuilt" }
  /** The app server chose something that the client did not offer. */
  | { readonly kind: "invalid" };

const simple: Wire = { format: "simple", isReliable: false };

const built: ReadonlyMap<string, Wire> = new Map([
  ["json.webpubsub.azure.v1", { format: "json", isReliable: false }],
  ["json.reliable.webpubsub.azure.v1", { format: "json", isReliable: true }],
]);

const notBuilt = /^(protobuf\.(reliable\.)?webpubsub\.azure\.v1|mqtt)$/i;

/**
 * The app server's choice counts, if the client offered it; else the first offer that the service
 * knows. Names are compared ignoring case and told back as the client spelled them.
 */
export function chooseSubprotocol(
  offered: readonly string[],
  wanted: string | undefined,
): SubprotocolChoice {
  if (wanted !== undefined) {
    const name = offered.find((offer) => offer.toLowerCase() === wanted.toLowerCase());
    if (name === undefined) return { kind: "invalid" };
    return notBuilt.test(name) ? { kind: "notBuilt" } : chosen(name);
  }
  const known = offered.find((offer) => built.has(offer.toLowerCase()));
  if (known !== undefined) return chosen(known);
  return offered.some((offer) => notBuilt.test(offer)) ? { kind: "notBuilt" } : chosen(undefined);
}

/** Whether no choice of the app server could lead to a protocol that is built. */
export const offersOnlyUnbuilt = (offered: readonly string[]): boolean =>
  offered.length > 0 && offered.every((offer) => notBuilt.test(offer));

function chosen(name: string | undefined): SubprotocolChoice {
  const wire = built.get(name?.toLowerCase() ?? "") ?? simple;
  return { kind: "chosen", subprotocol: { name, ...wire } };
}
