import type { EndpointOptions } from "express-resilient-pubsub";

/** Endpoints at these instances, the first of which is the primary. */
export const endpointsAt = (
  instances: Readonly<Record<string, { readonly connectionString: string }>>,
): EndpointOptions[] =>
  Object.entries(instances).map(([name, { connectionString }], index) => ({
    name,
    role: index === 0 ? "primary" : "secondary",
    connectionString,
  }));
