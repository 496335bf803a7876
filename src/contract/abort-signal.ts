import type { OperationOptions } from "@azure/core-client";

/** The platform's signal, or what the SDK takes for one. */
export type AbortSignalLike = NonNullable<OperationOptions["abortSignal"]>;
