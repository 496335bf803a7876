import { problemOf as corsProblemOf } from "../../src/doctor/checks/cors.ts";
import { problemOf as webhookProblemOf } from "../../src/doctor/checks/webhook.ts";
import type { Exchange } from "../../src/doctor/exchange.ts";

const HOST = "chat-eastus.webpubsub.azure.com";
const URL_OF_APP = "https://app.example.com/api/webpubsub/hubs/chat";

const answer = (
  status: number,
  headers: Exchange["headers"] = {},
  body: unknown = "",
): Exchange => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
  durationInMs: 1,
});
const problem = (status: number, code: string) =>
  answer(status, { "content-type": "application/problem+json" }, { code });
const allows = (origins: string) => answer(200, { "webhook-allowed-origin": origins });

it.each([allows("*"), allows(HOST), allows(`other.example, ${HOST.toUpperCase()}`)])(
  "the answer %j to the handshake is consent",
  (consent) => {
    expect(webhookProblemOf(consent, HOST, URL_OF_APP)).toBeUndefined();
  },
);

it.each<[string, Exchange, RegExp, RegExp]>([
  ["another endpoint's consent", allows("other.example"), /not from chat-eastus/, /allowedOrigins/],
  [
    "a refusal by this package",
    problem(403, "ERR_ORIGIN_NOT_ALLOWED"),
    /does not know chat-eastus/,
    /deploy the app with this endpoint/,
  ],
  ["no consent", answer(200), /without WebHook-Allowed-Origin/, /URL template/],
  [
    "an answer of cors()",
    answer(204, { "access-control-allow-origin": "*" }),
    /a CORS middleware answered 204/,
    /for negotiate alone/,
  ],
  ["no such method", answer(405, { allow: "GET" }), /OPTIONS was answered 405/, /let the method/],
  ["no such path", answer(404), /nobody answers at the path/, /mounted at/],
  ["a failure of the app", answer(500), /was answered 500/, /log of the app/],
  ["a gateway", answer(504), /a gateway answered 504/, /whether the app runs/],
  ["basic authentication", answer(401, { "www-authenticate": "Basic" }), /401 \(Basic\)/, /login/],
  ["a firewall", answer(403), /a wall in front of the app answered 403/, /exclude it/],
  [
    "a redirect to https",
    answer(301, { location: URL_OF_APP.replace("https", "http") }),
    /redirected \(301\) to http:/,
    /follows no redirect/,
  ],
  [
    "a redirect to the path with a slash",
    answer(308, { location: "/api/webpubsub/hubs/chat/" }),
    /redirected \(308\) to https:\/\/app\.example\.com\/api\/webpubsub\/hubs\/chat\/$/,
    /as it is redirected to/,
  ],
  [
    "a redirect to nowhere",
    answer(302, { location: "http://[" }),
    /redirected \(302\) to nowhere/,
    /login/,
  ],
])("%s is no consent, and has a remedy", (_, given, what, remedy) => {
  const found = webhookProblemOf(given, HOST, URL_OF_APP);
  expect(found?.what).toMatch(what);
  expect(found?.remedy).toMatch(remedy);
});

const ORIGIN = "https://www.example.com";
const cors = (origin: string, credentials?: string) =>
  answer(204, {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": credentials,
  } as Exchange["headers"]);

it.each<[string, Exchange, RegExp | undefined]>([
  ["the origin", cors(ORIGIN), undefined],
  ["the origin, with credentials", cors(ORIGIN, "true"), undefined],
  ["everybody", cors("*"), undefined],
  ["everybody, with credentials", cors("*", "true"), /\* together with credentials/],
  ["another origin", cors("https://example.com"), /another origin/],
  ["nobody", answer(204), /without Access-Control-Allow-Origin/],
])("an answer that allows %s is judged as browsers do", (_, given, what) => {
  const found = corsProblemOf(given, ORIGIN, "negotiate");
  if (what) expect(found?.what).toMatch(what);
  else expect(found).toBeUndefined();
});
