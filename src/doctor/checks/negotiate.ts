import { canonicalHub } from "../../kit/hub-name.ts";
import { clientOriginOf } from "../../service/client-origin.ts";
import { type Check, type DoctorContext, type Found, fail, pass, skipped, warn } from "../check.ts";
import type { Exchange } from "../exchange.ts";
import type { Explanation } from "../explain-failure.ts";
import type { NegotiateFinding } from "../negotiate.ts";
import { explainNoAnswer, problemCodeOf, wallIn } from "../web-answer.ts";

/** What the running app answers a client: whether it has these endpoints, and this hub. */
export const negotiateCheck: Check = {
  id: "negotiate",
  title: "clients are told where to connect",
  run: async (context) => {
    const finding = await context.negotiate();
    if (!finding) return [skipped("give --negotiate-url (negotiateUrl) or --public-url")];
    if ("error" in finding) {
      const { what, remedy } = explainNoAnswer(finding.error);
      return [fail(what, remedy)];
    }
    return lookAt(context, finding);
  },
};

function lookAt(
  context: DoctorContext,
  { url, answer, clientUrl }: Extract<NegotiateFinding, { answer: unknown }>,
): Found[] {
  const hasHeaders = Object.keys(context.given.headers ?? {}).length > 0;
  if (problemCodeOf(answer) === "ERR_UNAUTHENTICATED" && !hasHeaders) {
    return [
      skipped('the app asks who is there: give --header "Authorization: ..." of a test user'),
    ];
  }
  const problem = explainProblem(answer) ?? wallIn(answer, url);
  if (problem) return [fail(problem.what, problem.remedy)];
  if (answer.status !== 200 || clientUrl === undefined) {
    return [fail(`was answered ${answer.status}, without the URL of a WebSocket`, CORRECT_PATH)];
  }
  return [verdictOn(context, clientUrl), ...cacheWarning(answer)];
}

function verdictOn({ configuration, endpoints }: DoctorContext, clientUrl: URL): Found {
  const endpoint = endpoints.find((one) => clientOriginOf(one.config) === clientUrl.origin);
  if (!endpoint) {
    return fail(
      `clients are sent to ${clientUrl.origin}, which these options do not have`,
      SAME_OPTIONS,
    );
  }
  const hub = decodeURIComponent(clientUrl.pathname.split("/").at(-1) ?? "");
  if (canonicalHub(hub) !== canonicalHub(configuration.hub)) {
    return fail(
      `clients are sent to the hub ${JSON.stringify(hub)}, and these options are for ${configuration.hub}`,
      SAME_OPTIONS,
    );
  }
  return pass(`clients are sent to ${endpoint.name}`);
}

function explainProblem(answer: Exchange): Explanation | undefined {
  const code = problemCodeOf(answer);
  if (code === undefined) return undefined;
  const what = `was answered ${answer.status} (${code})`;
  return { what, remedy: REMEDIES[code] ?? "docs/error-codes.md says what to do about the code" };
}

const REMEDIES: Readonly<Record<string, string>> = {
  ERR_UNAUTHENTICATED: "authenticate does not know this user: give a --header that it does",
  ERR_AUTHENTICATE_FAILED:
    "negotiate.authenticate throws, or answers no identity: the handlerError event says why",
  ERR_NO_HEALTHY_ENDPOINT:
    "the running app reaches no endpoint: run this command on its machine, and read the lines above",
  ERR_OVERLOADED: "negotiate.maxPerSecond is reached: try again, or raise it",
  ERR_TOKEN_TOO_LONG:
    "give this user fewer roles and groups, and let upstream.handleConnect give the rest",
  ERR_NO_AGREEMENT:
    "the servers have not agreed on an endpoint: look at the store, and give all the same endpoints",
};

const CORRECT_PATH =
  "compare the URL with negotiate.path, and the path that the plugin is mounted at";
const SAME_OPTIONS = "the running app has other options: deploy it, or look at another app";

function cacheWarning({ headers }: Exchange): Found[] {
  if (headers["cache-control"]?.includes("no-store")) return [];
  const what =
    "the answer may be cached (no Cache-Control: no-store), with the token of one client in it";
  return [warn(what, "something on the way changes the header: keep it as the plugin sets it")];
}
