import { createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { PROBE_USER_ID } from "../../context/probe-user.ts";
import type { Endpoint } from "../../service/endpoint.ts";
import { type Check, type DoctorContext, type Found, fail, pass, skipped, warn } from "../check.ts";
import { type Exchange, exchange } from "../exchange.ts";
import { explainNoAnswer, problemCodeOf, wallIn } from "../web-answer.ts";
import { NO_PUBLIC_URL, webhookUrl } from "../webhook-url.ts";

const EVENT = "connected";

/** An event as each endpoint would sign it, of a user of whom handlers are not told. */
export const signatureCheck: Check = {
  id: "signature",
  title: "the app knows the keys that events are signed with",
  run: async (context) => {
    const url = webhookUrl(context, EVENT);
    if (url === undefined) return [skipped(NO_PUBLIC_URL)];
    const { authorize, verifySignature } = context.configuration.upstream;
    if (authorize)
      return [skipped("upstream.authorize decides, by what this command does not have")];
    if (!verifySignature) return [skipped("upstream.verifySignature is false")];
    const found = await Promise.all(context.endpoints.map((one) => lookAt(context, one, url)));
    return found.flat();
  },
};

async function lookAt(context: DoctorContext, endpoint: Endpoint, url: string): Promise<Found[]> {
  const { name, config } = endpoint;
  const isWebhookRefused = context.findings.some(
    (one) => one.check === "webhook" && one.subject === name && one.status === "fail",
  );
  if (isWebhookRefused) return [skipped("not looked at, since the check webhook fails", name)];
  if (config.verificationKeys.length === 0) {
    return [skipped("no access key is known here to sign with (accessKeys)", name)];
  }
  try {
    const withKeys = config.verificationKeys.map(async (key, index) => {
      const answer = await sendEvent(context, endpoint, url, key);
      return verdictOn(answer, url, keyName(index, config.verificationKeys.length));
    });
    const forged = sendEvent(context, endpoint, url, createSecretKey(randomBytes(32))).then(
      verdictOnForged,
    );
    return (await Promise.all([...withKeys, forged])).map((one) => ({ ...one, subject: name }));
  } catch (error) {
    if (context.signal.aborted) throw error;
    const { what, remedy } = explainNoAnswer(error);
    return [fail(what, remedy, name)];
  }
}

const keyName = (index: number, count: number): string =>
  count === 1 ? "the key" : `key ${index + 1} of ${count}`;

function sendEvent(
  context: DoctorContext,
  { config }: Endpoint,
  url: string,
  key: KeyObject,
): Promise<Exchange> {
  const { hub } = context.configuration;
  const connectionId = `doctor-${randomBytes(8).toString("hex")}`;
  const digest = createHmac("sha256", key).update(connectionId).digest("hex");
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": "2",
    "WebHook-Request-Origin": new URL(config.url).host,
    "ce-specversion": "1.0",
    "ce-awpsversion": "1.0",
    "ce-type": `azure.webpubsub.sys.${EVENT}`,
    "ce-source": `/hubs/${hub}/client/${connectionId}`,
    "ce-id": "1",
    "ce-time": new Date().toISOString(),
    "ce-signature": `sha256=${digest}`,
    "ce-connectionId": connectionId,
    "ce-hub": hub,
    "ce-eventName": EVENT,
    "ce-userId": PROBE_USER_ID,
  };
  return exchange(url, { method: "POST", headers, body: "{}" }, context);
}

function verdictOn(answer: Exchange, url: string, key: string): Found {
  const { status } = answer;
  const code = problemCodeOf(answer);
  if (code === "ERR_INVALID_SIGNATURE") {
    return fail(`the app refuses events that ${key} of these options has signed`, SAME_KEYS);
  }
  if (code === "ERR_UNKNOWN_HUB") {
    return fail("the app serves another hub at this path (ERR_UNKNOWN_HUB)", OWN_PATH);
  }
  const wall = wallIn(answer, url);
  if (wall) return fail(`an event ${wall.what}`, wall.remedy);
  if (status >= 200 && status < 300) return pass(`the app takes events that ${key} has signed`);
  const what = `an event was answered ${status}${code ? ` (${code})` : ""}`;
  return fail(what, "look at the log of the app, and at docs/error-codes.md for the code");
}

function verdictOnForged({ status }: Exchange): Found {
  if (status >= 400) return pass("the app refuses events that nobody of these has signed");
  return warn(
    "the app takes events that are signed with a key of nobody",
    "anybody can send it events: leave upstream.verifySignature at its default",
  );
}

const SAME_KEYS =
  "the running app has other keys: after a rotation, deploy the connection string with the new key, and give the other one as accessKeys meanwhile";
const OWN_PATH = "give each hub its own upstream.path and URL template, with {hub} in both";
