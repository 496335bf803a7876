import { HEALTH_PATH } from "../service/api-version.ts";
import type { Endpoint } from "../service/endpoint.ts";
import type { DoctorContext } from "./check.ts";
import { type Exchange, exchange } from "./exchange.ts";

/** What the health route answers, with what an answer tells besides. @throws as `exchange` does */
export function askHealth(
  { restUrl }: Endpoint,
  { signal, timeoutInMs }: DoctorContext,
): Promise<Exchange> {
  return exchange(restUrl + HEALTH_PATH, { method: "GET" }, { signal, timeoutInMs });
}
