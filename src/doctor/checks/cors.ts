import { type Check, type DoctorContext, type Found, fail, pass, skipped } from "../check.ts";
import { type Exchange, exchange } from "../exchange.ts";
import type { Explanation } from "../explain-failure.ts";
import { negotiateUrl } from "../negotiate.ts";
import { explainNoAnswer, wallIn } from "../web-answer.ts";

/** Whether pages of other origins may read what negotiate answers, with and without a preflight. */
export const corsCheck: Check = {
  id: "cors",
  title: "pages of other origins may negotiate",
  run: async (context) => {
    const url = negotiateUrl(context);
    const { origins } = context.given;
    if (origins.length === 0) return [skipped("give --origin, the origin of the pages")];
    if (url === undefined) return [skipped("give --negotiate-url (negotiateUrl) or --public-url")];
    return Promise.all(origins.map((origin) => lookAt(context, url, origin)));
  },
};

async function lookAt(context: DoctorContext, url: string, origin: string): Promise<Found> {
  if (new URL(url).origin === origin) return pass("is the origin of negotiate", origin);
  if (origin.startsWith("https:") && url.startsWith("http:")) {
    const what = "pages that came by https may not negotiate by http";
    return fail(what, "serve negotiate by https://", origin);
  }
  try {
    const preflight = await exchange(url, { method: "OPTIONS", headers: asked(origin) }, context);
    const headers = { Origin: origin, ...context.given.headers };
    const answer = await exchange(url, { method: "GET", headers }, context);
    const problem =
      wallIn(preflight, url) ??
      problemOf(preflight, origin, "the preflight") ??
      problemOf(answer, origin, "negotiate");
    if (problem) return fail(problem.what, problem.remedy, origin);
    return pass("pages may negotiate", origin);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const { what, remedy } = explainNoAnswer(error);
    return fail(what, remedy, origin);
  }
}

const asked = (origin: string) => ({
  Origin: origin,
  "Access-Control-Request-Method": "GET",
  "Access-Control-Request-Headers": "authorization",
});

/** Why a browser would keep an answer from a page of that origin. */
export function problemOf(
  { headers }: Exchange,
  origin: string,
  what: string,
): Explanation | undefined {
  const allowed = headers["access-control-allow-origin"];
  const withCredentials = headers["access-control-allow-credentials"] === "true";
  if (allowed === undefined) {
    return { what: `${what} is answered without Access-Control-Allow-Origin`, remedy: ADD_CORS };
  }
  if (allowed === "*" && withCredentials) {
    return {
      what: `${what} allows * together with credentials, which browsers refuse`,
      remedy: NAME_ORIGIN,
    };
  }
  if (allowed !== "*" && allowed !== origin) {
    return { what: `${what} allows another origin`, remedy: NAME_ORIGIN };
  }
  return undefined;
}

const ADD_CORS =
  'put a CORS middleware before the plugin, for negotiate alone: app.use("/negotiate", cors({ origin })), then app.use(pubsub)';
const NAME_ORIGIN =
  'name the origins of the pages: cors({ origin: ["https://www.example.com"], credentials: true })';
