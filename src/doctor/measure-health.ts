import type { Endpoint } from "../service/endpoint.ts";
import type { DoctorContext } from "./check.ts";
import { type Exchange, exchange } from "./exchange.ts";

const HEALTH_PATH = "/api/health?api-version=2024-12-01";

/** What the health route answers, with what an answer tells besides. @throws as `exchange` does */
export function askHealth(
  { restUrl }: Endpoint,
  { signal, timeoutInMs }: DoctorContext,
): Promise<Exchange> {
  return exchange(restUrl + HEALTH_PATH, { method: "GET" }, { signal, timeoutInMs });
}
