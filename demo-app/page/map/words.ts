import { html } from "../kit/dom.ts";

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ["endpoint", "One Web PubSub instance. Clients hold their WebSocket connections to it."],
  ["app server", "The Express app of a region. It sends messages to the endpoints."],
  [
    "negotiate",
    "The request by which a client asks its app server for an endpoint before it connects.",
  ],
  [
    "primary, secondary",
    "The endpoint that an app server prefers, and the one for when that fails.",
  ],
  ["failover", "Clients move from their primary to a secondary."],
  ["failback", "They return to their primary."],
  [
    "history",
    "App servers keep what they have sent for a while; clients that moved read the rest.",
  ],
  [
    "review",
    "Every 20 s a connected client asks its app server whether it is to stay where it is.",
  ],
  ["deaf", "A client that has a connection, and does not hear what others hear."],
  ["p99", "99 of 100 clients were quicker than that."],
];

/** Explains the words of the page to somebody who reads them for the first time. */
export function fillWords(root: HTMLElement): void {
  root.append(
    ...WORDS.map(([word, meaning]) =>
      html("div", {}, html("dt", {}, word), html("dd", {}, meaning)),
    ),
  );
}
