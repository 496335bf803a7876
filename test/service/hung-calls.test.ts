import { AnswerTimes, callsToGiveWay, type SentCall } from "../../src/service/hung-calls.ts";

const NOW = 10_000;
const MAX_SOCKETS = 4;

type Accepted = Partial<{ sentAgoInMs: number; tookInMs: number }>;

/** What has been learnt from messages that were accepted, the latest last. */
function answersTo(...accepted: Accepted[]): AnswerTimes {
  const answers = new AnswerTimes();
  for (const message of accepted) learn(answers, message);
  return answers;
}

function learn(
  answers: AnswerTimes,
  { sentAgoInMs = 20, tookInMs = 10 }: Accepted,
  kind: { hasSucceeded?: boolean; isMessage?: boolean } = {},
): void {
  const sentAt = NOW - sentAgoInMs;
  answers.learn({
    sentAt,
    answeredAt: sentAt + tookInMs,
    hasSucceeded: true,
    isMessage: true,
    ...kind,
  });
}

const silentFor = (inMs: number, call: Partial<SentCall> = {}): SentCall => ({
  quietSince: NOW - inMs,
  bytes: 0,
  isMessage: true,
  ...call,
});

/** Which of them give way. */
function verdictOn(sent: SentCall[], answers: AnswerTimes) {
  const verdict = callsToGiveWay(sent, answers, MAX_SOCKETS, NOW);
  return verdict === "unproven" ? verdict : verdict.map((call) => sent.indexOf(call));
}

const long = [2000, 1500, 1000, 500];
const allSilent = (call: Partial<SentCall> = {}) => long.map((inMs) => silentFor(inMs, call));

it("messages give way that were silent for long when another one was sent that was accepted, the oldest first", () => {
  expect(verdictOn(allSilent(), answersTo({}))).toEqual([0, 1, 2, 3]);
});

it("those that are younger stay", () => {
  expect(verdictOn(allSilent(), answersTo({ sentAgoInMs: 1000 }))).toEqual([0, 1]);
});

it("a message that is older, but has been heard, is passed by", () => {
  const heard = silentFor(5);
  const [, ...rest] = allSilent();
  expect(verdictOn([heard, ...rest], answersTo({}))).toEqual([1, 2, 3]);
});

describe("nobody gives way", () => {
  it.each<[string, SentCall[], Accepted[]]>([
    ["while half of the sockets is all they hold", [...allSilent().slice(2), silentFor(5)], [{}]],
    ["who is being sent", allSilent({ quietSince: Number.POSITIVE_INFINITY }), [{}]],
    [
      "who has been silent for a moment only",
      [99, 98, 97, 96].map((inMs) => silentFor(inMs)),
      [{}],
    ],
    ["who closes or lists a group", allSilent({ isMessage: false }), [{}]],
    [
      "who has more to send than a slow line takes in that time",
      allSilent({ bytes: 100_000 }),
      [{}],
    ],
    ["where answers usually take as long", allSilent(), [{ sentAgoInMs: 1250, tookInMs: 1100 }]],
    [
      "when one answer was late, as after a pause of the service or of this process",
      allSilent(),
      [...Array.from({ length: 100 }, () => ({ sentAgoInMs: 900 })), { tookInMs: 1050 }],
    ],
  ])("%s", (_, sent, accepted) => {
    expect(verdictOn(sent, answersTo(...accepted))).toEqual([]);
  });
});

describe("it is not known whether anybody would be answered", () => {
  it.each<[string, Accepted[]]>([
    ["before anybody was", []],
    ["when nobody was that was sent later", [{ sentAgoInMs: 2500 }]],
    ["when they had not been silent for long at that time", [{ sentAgoInMs: 1901 }]],
  ])("%s", (_, accepted) => {
    expect(verdictOn(allSilent(), answersTo(...accepted))).toBe("unproven");
  });

  it.each([
    ["a refusal", { hasSucceeded: false }],
    ["an answer to another kind of call", { isMessage: false }],
  ])("by %s", (_, kind) => {
    const answers = answersTo({ sentAgoInMs: 2500 });
    learn(answers, {}, kind);
    expect(verdictOn(allSilent(), answers)).toBe("unproven");
  });
});

it("a refusal that was slow to come earns nobody more time", () => {
  const answers = answersTo({});
  learn(answers, { sentAgoInMs: 1000, tookInMs: 900 }, { hasSucceeded: false });
  expect(verdictOn(allSilent(), answers)).toEqual([0, 1, 2, 3]);
});

it("one slow answer is forgotten after seconds, and not after many quick ones", () => {
  const slow = (sentAgoInMs: number) => ({ sentAgoInMs, tookInMs: 5000 });
  const quick = Array.from({ length: 100 }, () => ({}));
  expect(verdictOn(allSilent(), answersTo(slow(14_000), ...quick))).toEqual([0, 1, 2, 3]);
  expect(verdictOn(allSilent(), answersTo(slow(5100), ...quick))).toEqual([]);
});

it("of a single socket its only call gives way", () => {
  const call = silentFor(500);
  expect(callsToGiveWay([call], answersTo({}), 1, NOW)).toEqual([call]);
});
