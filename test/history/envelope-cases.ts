/** An envelope, in the words of neither codec: the server's and the client's are held to the same cases. */
export interface EnvelopeCase {
  readonly title: string;
  readonly text: string;
  readonly envelope: {
    readonly type: "message" | "bypassed" | "skip" | "check";
    readonly kind: "hub" | "group" | "user" | "all";
    readonly position?: { readonly epoch: string; readonly offset: number };
    readonly id?: string;
    readonly user?: string;
    readonly excluded?: string;
  };
}

const position = { epoch: "k3x_-Z09", offset: 1041 };

/** Each text is what its envelope is encoded to, and decoded from. */
export const ENVELOPES: readonly EnvelopeCase[] = [
  {
    title: "a message to the hub",
    text: "1 m a k3x_-Z09:1041 d2UKb4-_7Q",
    envelope: { type: "message", kind: "hub", position, id: "d2UKb4-_7Q" },
  },
  {
    title: "the first message to a group",
    text: "1 m g k3x_-Z09:1 a",
    envelope: { type: "message", kind: "group", position: { ...position, offset: 1 }, id: "a" },
  },
  {
    title: "a message to a user, with the longest id",
    text: "1 m u k3x_-Z09:1041 abcdefghijklmnopqrstuv",
    envelope: { type: "message", kind: "user", position, id: "abcdefghijklmnopqrstuv" },
  },
  {
    title: "the last message that an offset can count",
    text: "1 m a k3x_-Z09:9007199254740991 x",
    envelope: {
      type: "message",
      kind: "hub",
      position: { ...position, offset: 9007199254740991 },
      id: "x",
    },
  },
  {
    title: "a message that a user published",
    text: "1 m g k3x_-Z09:1041 x ada",
    envelope: { type: "message", kind: "group", position, id: "x", user: "ada" },
  },
  {
    title: "a message that a user published, and this connection of it is not to have",
    text: "1 m g k3x_-Z09:1041 x ada Zb-_5w",
    envelope: {
      type: "message",
      kind: "group",
      position,
      id: "x",
      user: "ada",
      excluded: "Zb-_5w",
    },
  },
  {
    title: "a message of a user whose name is no ASCII, and has blanks",
    text: "1 m g k3x_-Z09:1041 x Ad%C3%A8le%20-%20%F0%9F%8E%89",
    envelope: { type: "message", kind: "group", position, id: "x", user: "Adèle - 🎉" },
  },
  {
    title: "a message that was sent without being logged",
    text: "1 b a - x",
    envelope: { type: "bypassed", kind: "hub", id: "x" },
  },
  {
    title: "a message to a group that this connection is not to have",
    text: "1 s g k3x_-Z09:1041 -",
    envelope: { type: "skip", kind: "group", position },
  },
  {
    title: "a check of a user's stream, which tells its end",
    text: "1 c u k3x_-Z09:1041 -",
    envelope: { type: "check", kind: "user", position },
  },
  {
    title: "a check of a stream whose epoch has no message yet",
    text: "1 c g k3x_-Z09:0 -",
    envelope: { type: "check", kind: "group", position: { ...position, offset: 0 } },
  },
  {
    title: "a check of a stream whose end is not known",
    text: "1 c a - -",
    envelope: { type: "check", kind: "hub" },
  },
  {
    title: "a check of all streams",
    text: "1 c * - -",
    envelope: { type: "check", kind: "all" },
  },
];

/** What is no envelope, and is told from one. */
export const NO_ENVELOPES: readonly (readonly [title: string, text: string])[] = [
  ["nothing", ""],
  ["a later version", "2 m a k3x_-Z09:1041 x"],
  ["another type", "1 x a k3x_-Z09:1041 x"],
  ["another kind", "1 m z k3x_-Z09:1041 x"],
  ["a message to all streams", "1 m * k3x_-Z09:1041 x"],
  ["a message without a position", "1 m a - x"],
  ["a message whose id is empty", "1 m a k3x_-Z09:1041 "],
  ["a message without the field of its id", "1 m a k3x_-Z09:1041"],
  ["an id that is too long", "1 m a k3x_-Z09:1041 abcdefghijklmnopqrstuvw"],
  ["an id that is no base64url", "1 m a k3x_-Z09:1041 a/b"],
  ["the offset before the first message", "1 m a k3x_-Z09:0 x"],
  ["an offset below zero", "1 m a k3x_-Z09:-1 x"],
  ["an offset with a zero before it", "1 m a k3x_-Z09:01 x"],
  ["an offset that is no integer", "1 m a k3x_-Z09:1.5 x"],
  ["an offset beyond the integers that are told apart", "1 m a k3x_-Z09:9007199254740992 x"],
  ["an offset without its epoch", "1 m a 1041 x"],
  ["an epoch without its offset", "1 m a k3x_-Z09 x"],
  ["an epoch that is too short", "1 m a k3x_-Z0:1041 x"],
  ["an epoch that is too long", "1 m a k3x_-Z09a:1041 x"],
  ["a bypassed message with a position", "1 b a k3x_-Z09:1041 x"],
  ["a bypassed message without an id", "1 b a -"],
  ["a skip without a position", "1 s a - -"],
  ["a skip with an id", "1 s a k3x_-Z09:1041 x"],
  ["a check with an id", "1 c a k3x_-Z09:1041 x"],
  ["a check of all streams with a position", "1 c * k3x_-Z09:1041 -"],
  ["a user in half a sequence", "1 m g k3x_-Z09:1041 x %C3"],
  ["a user that is not encoded", "1 m g k3x_-Z09:1041 x ad è"],
  ["a connection that is too long", `1 m g k3x_-Z09:1041 x ada ${"a".repeat(65)}`],
  ["a field too many", "1 m g k3x_-Z09:1041 x ada a a"],
  ["two blanks between fields", "1 m a  k3x_-Z09:1041 x"],
  ["a blank at the end", "1 m a k3x_-Z09:1041 x "],
  ["a line break at the end", "1 m a k3x_-Z09:1041 x\n"],
];
