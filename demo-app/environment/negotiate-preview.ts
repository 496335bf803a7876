import type { Agreement, EndpointSnapshot } from "express-resilient-pubsub";

/**
 * Where negotiate sends clients, by what an app server knows. It does not ask negotiate itself, which
 * would look for faults on behalf of a client that there is not.
 */
export function negotiatePreview(
  snapshots: readonly EndpointSnapshot[],
  agreement: Agreement | undefined,
): string | null {
  const offered = snapshots.filter((it) => !it.drained && !it.leaving && !it.joining);
  const healthy = offered.filter(({ state }) => state === "healthy");
  if (agreement) return healthy.length > 0 ? agreement.active : null;
  // Out for failing calls or flapping, but better than nobody.
  const answering = offered.filter(({ lastProbe }) => lastProbe?.ok);
  return preferred(healthy) ?? preferred(answering) ?? null;
}

function preferred(usable: readonly EndpointSnapshot[]): string | undefined {
  const forced = usable.find((it) => it.forced);
  const primary = usable.find(({ role }) => role === "primary");
  return (forced ?? primary ?? usable[0])?.name;
}
