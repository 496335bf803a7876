import { boundsOf } from "./bounds.ts";
import type { Span } from "./steps.ts";
import type { Truth } from "./truth.ts";
import { type Finding, type Verdict, verdictOf } from "./verdict.ts";

interface Stay extends Span {
  readonly client: string;
  readonly endpoint: string;
}

/**
 * No client stays on an endpoint that was left for longer than a bound, while there is a server that
 * reaches the store and that endpoint, and answers with another one: it can close the connection.
 */
export function judgeLeftBehind(truth: Truth): Verdict {
  const findings = staysIn(truth).map((stay): Finding => {
    const left = leftBehindIn(truth, stay);
    if (left === undefined) return "fine";
    const { client, endpoint } = stay;
    const seconds = ((left.to - left.from) / 1000).toFixed(1);
    const what = `${client} is left on ${endpoint} for ${seconds} s, while ${left.server} answers with another endpoint and could close it`;
    return { at: left.to, what };
  });
  return verdictOf("no client stays where all others have left", findings);
}

function staysIn(truth: Truth): Stay[] {
  return truth.settings.clients.flatMap((client) => {
    const moves = truth.of("client").filter((it) => it.client === client);
    return moves.flatMap(({ endpoint, at }, index) =>
      endpoint === undefined
        ? []
        : [{ client, endpoint, from: at, to: moves[index + 1]?.at ?? truth.end }],
    );
  });
}

function leftBehindIn(truth: Truth, stay: Stay): (Span & { readonly server: string }) | undefined {
  const boundInMs = boundsOf(truth.settings).leftBehindInMs;
  if (stay.to - stay.from <= boundInMs) return undefined;
  for (const server of truth.settings.servers) {
    const span = mostSpanAgainst(truth, stay, server);
    if (span === undefined) continue;
    const lag = truth.lagIn(span, ["conductor", ...runsIn(truth, server, span)]);
    if (span.to - span.from > boundInMs + lag) return { ...span, server };
  }
  return undefined;
}

/** The longest time in which this server said without a break that clients belong elsewhere, and could act. */
function mostSpanAgainst(truth: Truth, stay: Stay, server: string): Span | undefined {
  let longest: Span | undefined;
  let from: number | undefined;
  let last = 0;
  const answers = truth
    .answersOf(server)
    .filter((it) => it.askedAt >= stay.from && it.at <= stay.to);
  for (const { endpoint, at } of answers) {
    const isAgainst =
      endpoint !== undefined &&
      endpoint !== stay.endpoint &&
      canClose(truth, server, stay, { from: from === undefined ? at : last, to: at });
    if (!isAgainst) from = undefined;
    else from ??= at;
    last = at;
    if (from !== undefined && at - from > (longest ? longest.to - longest.from : 0))
      longest = { from, to: at };
  }
  return longest;
}

function canClose(truth: Truth, server: string, { client, endpoint }: Stay, span: Span): boolean {
  return (
    truth.isRunning(server, span) &&
    truth.isOpen(server, "store", span) &&
    truth.isStoreUp(span) &&
    truth.isOpen(server, endpoint, span) &&
    truth.isSound(endpoint, span) &&
    truth.isOpen(client, endpoint, span)
  );
}

const runsIn = (truth: Truth, server: string, span: Span): string[] =>
  truth.runsOf(server, span).map((run) => `${server}-${run}`);
