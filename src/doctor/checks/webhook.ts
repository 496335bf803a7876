import { isLoopbackHostname } from "../../kit/loopback.ts";
import type { Endpoint } from "../../service/endpoint.ts";
import { type Check, type DoctorContext, type Found, fail, pass, skipped, warn } from "../check.ts";
import { type Exchange, exchange } from "../exchange.ts";
import type { Explanation } from "../explain-failure.ts";
import { explainNoAnswer, problemCodeOf, wallIn } from "../web-answer.ts";
import { NO_PUBLIC_URL, webhookUrl } from "../webhook-url.ts";

/** The handshake by which the service asks, from outside, whether the app takes events of an endpoint. */
export const webhookCheck: Check = {
  id: "webhook",
  title: "the app takes events of each endpoint",
  run: async (context) => {
    const url = webhookUrl(context, "validate");
    if (url === undefined) return [skipped(NO_PUBLIC_URL)];
    const found = await Promise.all(context.endpoints.map((one) => look(context, one, url)));
    return [...insecureWarning(url), ...found];
  },
};

async function look(context: DoctorContext, endpoint: Endpoint, url: string): Promise<Found> {
  const { host } = new URL(endpoint.config.url);
  const headers = { "WebHook-Request-Origin": host, "ce-awpsversion": "1.0" };
  try {
    const answer = await exchange(url, { method: "OPTIONS", headers }, context);
    const problem = problemOf(answer, host, url);
    if (!problem) return pass(`the app takes events from ${host}`, endpoint.name);
    return fail(problem.what, problem.remedy, endpoint.name);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const { what, remedy } = explainNoAnswer(error);
    return fail(what, remedy, endpoint.name);
  }
}

/** Why an answer to the handshake is no consent. Undefined for one that is. */
export function problemOf(answer: Exchange, host: string, url: string): Explanation | undefined {
  const { status, headers } = answer;
  const allowed = [headers["webhook-allowed-origin"] ?? []].flat().join(",");
  if (status >= 200 && status < 300 && allowed !== "") {
    const hosts = allowed.split(",").map((one) => one.trim().toLowerCase());
    if (hosts.includes("*") || hosts.includes(host.toLowerCase())) return undefined;
    return { what: `the app takes events, but not from ${host}`, remedy: ALLOW };
  }
  if (problemCodeOf(answer) === "ERR_ORIGIN_NOT_ALLOWED") {
    return { what: `the app does not know ${host} (ERR_ORIGIN_NOT_ALLOWED)`, remedy: ALLOW };
  }
  return wallIn(answer, url) ?? explainRest(answer);
}

function explainRest({ status, headers }: Exchange): Explanation {
  if (status >= 200 && status < 300) {
    return headers["access-control-allow-origin"] === undefined &&
      headers["access-control-allow-methods"] === undefined
      ? { what: `answered ${status} without WebHook-Allowed-Origin`, remedy: CORRECT_URL }
      : { what: `a CORS middleware answered ${status} in place of the app`, remedy: LIMIT_CORS };
  }
  if (status === 405 || status === 501) {
    return { what: `OPTIONS was answered ${status}`, remedy: PASS_OPTIONS };
  }
  if (status === 404 || status === 410) {
    return { what: `nobody answers at the path (${status})`, remedy: CORRECT_URL };
  }
  return { what: `was answered ${status}`, remedy: "look at the log of the app" };
}

const ALLOW =
  "deploy the app with this endpoint; behind a custom domain, add the host to upstream.allowedOrigins";
const CORRECT_URL =
  "compare the URL template in the portal with upstream.path, the hub, and the path that the plugin is mounted at";
const LIMIT_CORS =
  'mount the CORS middleware for negotiate alone: app.use("/negotiate", cors()), then app.use(pubsub)';
const PASS_OPTIONS =
  "let the method OPTIONS through to the app: the service validates the event handler by it";

function insecureWarning(url: string): Found[] {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || isLoopbackHostname(hostname)) return [];
  const what =
    "events come by http://: a signature proves who has sent them, and not what is in them";
  return [warn(what, "serve the route by https://, and correct the URL template")];
}
