import { KeyObject } from "node:crypto";
import type { Endpoint } from "../../service/endpoint.ts";
import { classifyFailure } from "../../service/failure.ts";
import { type DoctorContext, fail, forEachEndpoint, pass, warn } from "../check.ts";
import { explainFailure } from "../explain-failure.ts";
import { sendText } from "../send-text.ts";

/** A region that refuses one call in three would pass a single one more often than not. */
const SENDS = 6;
/** What does not answer twice would keep everybody waiting. */
const maxSilent = 2;

/** Health needs no credentials and sends nothing, so that only calls tell of either. */
export const callsCheck = forEachEndpoint({
  id: "calls",
  title: "key or identity is accepted, and messages are",
  needs: ["dns", "tls", "health"],
  runFor: async (context, endpoint) => {
    const { sent, errors } = await sendSome(context, endpoint);
    const [error] = errors;
    if (error === undefined)
      return pass(`${sent} test messages were accepted, with ${meansOf(endpoint)}`);
    const { what, remedy } = explainFailure(error, endpoint);
    const text = `${errors.length} of ${sent} test messages: ${what}`;
    return classifyFailure(error).kind.startsWith("own-") ? warn(text, remedy) : fail(text, remedy);
  },
});

async function sendSome(context: DoctorContext, endpoint: Endpoint) {
  const errors: unknown[] = [];
  let silent = 0;
  let sent = 0;
  while (sent < SENDS && silent < maxSilent) {
    sent += 1;
    try {
      await sendText(context, endpoint, "resilient-pubsub doctor");
    } catch (error) {
      if (context.signal.aborted) throw error;
      if (classifyFailure(error).kind === "deadline") silent += 1;
      errors.push(error);
    }
  }
  return { sent, errors };
}

const meansOf = ({ config }: Endpoint): string =>
  config.credential instanceof KeyObject ? "the access key" : "the identity";
