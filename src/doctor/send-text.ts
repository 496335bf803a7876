import { callWithin } from "../service/call-within.ts";
import type { Endpoint } from "../service/endpoint.ts";
import type { DoctorContext } from "./check.ts";

/** Sends a text to the group of this diagnosis, in which nobody is but connections of its own. @throws as the call does */
export async function sendText(
  { group, signal, timeoutInMs }: DoctorContext,
  { checkClient }: Endpoint,
  text: string,
): Promise<void> {
  await callWithin(timeoutInMs, signal, (abortSignal) =>
    checkClient.group(group).sendToAll(text, { contentType: "text/plain", abortSignal }),
  );
}
