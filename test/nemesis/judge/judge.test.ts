import type { Entry } from "../recording/entry.ts";
import { judgeClosings } from "./closings.ts";
import { judgeDeaths } from "./deaths.ts";
import { judgeNames, judgeOrder } from "./epochs.ts";
import { judge } from "./judge.ts";
import { judgeLeftBehind } from "./left-behind.ts";
import { judgeMoves } from "./moves.ts";
import { judgeQuiet } from "./quiet.ts";
import { judgeRefusals } from "./refusals.ts";
import {
  agreed,
  answer,
  answers,
  at,
  became,
  client,
  closing,
  health,
  lag,
  link,
  loss,
  recordingOf,
  refusal,
  settings,
  store,
} from "./support/recording.ts";
import { Truth } from "./truth.ts";
import type { Verdict } from "./verdict.ts";

type Case = [title: string, entries: (Entry | Entry[])[], violations: string[]];

const violationsOf = (check: (truth: Truth) => Verdict, entries: (Entry | Entry[])[]): string[] =>
  check(new Truth(recordingOf(...entries))).violations.map(({ what }) => what);

const seenDown = (time: number, ...servers: string[]): Entry[] =>
  servers.map((server) => health(time, server, "e1", false));
const split = (time: number, isSplit: boolean): Entry => at(time, { kind: "split", isSplit });

describe("the order of epochs that a server answers with", () => {
  it.each<Case>([
    ["may grow", [answer(300, "s1", 1, "e1"), answer(500, "s1", 2, "e2")], []],
    [
      "must not go back",
      [answer(300, "s1", 2, "e2"), answer(500, "s1", 1, "e1")],
      ["s1#1 answers epoch 1 (e1) after epoch 2 (e2)"],
    ],
    [
      "must not go back for more than one answer",
      [answer(300, "s1", 3, "e1"), answer(500, "s1", 1, "e1"), answer(700, "s1", 2, "e2")],
      [
        "s1#1 answers epoch 1 (e1) after epoch 3 (e1)",
        "s1#1 answers epoch 2 (e2) after epoch 3 (e1)",
      ],
    ],
    [
      "must not go back after a loss of data either",
      [answer(300, "s1", 2, "e2"), loss(400, "everything"), answer(500, "s1", 1, "e1")],
      ["s1#1 answers epoch 1 (e1) after epoch 2 (e2)"],
    ],
    [
      "must not go back when it has been restarted",
      [answer(300, "s1", 2, "e2"), answer(900, "s1", 1, "e1", { run: 2 })],
      ["s1#2 answers epoch 1 (e1) after epoch 2 (e2)"],
    ],
    [
      "may go back when it has been restarted after a loss of data",
      [
        answer(300, "s1", 2, "e2"),
        loss(400, "everything-and-all-servers"),
        answer(900, "s1", 1, "e1", { run: 2 }),
      ],
      [],
    ],
    [
      "may be given again when it was lost with the only server that knew it",
      [
        loss(299, "everything"),
        answer(300, "s1", 2, "e2"),
        answer(9000, "s1", 2, "e2"),
        answer(9900, "s1", 2, "e1", { run: 2, incarnation: "b" }),
      ],
      [],
    ],
    [
      "is not compared between servers",
      [answer(300, "s1", 2, "e2"), answer(500, "s2", 1, "e1")],
      [],
    ],
    [
      "does not count for an answer that was asked for before",
      [answer(503, "s1", 2, "e2"), answer(505, "s1", 1, "e1")],
      [],
    ],
    [
      "must not go back to another incarnation",
      [answer(300, "s1", 2, "e2"), answer(500, "s1", 1, "e1", { incarnation: "b" })],
      ['s1#1 answers epoch 1 of "b" (e1) after epoch 2 (e2)'],
    ],
    [
      "must not stay with another endpoint, of whatever incarnation",
      [
        answer(300, "s1", 2, "e2"),
        loss(400, "everything"),
        answer(500, "s1", 2, "e1", { incarnation: "b" }),
      ],
      ['s1#1 answers epoch 2 of "b" (e1) after epoch 2 (e2)'],
    ],
    [
      "may stay with the same endpoint in another incarnation",
      [answer(300, "s1", 2, "e2"), answer(500, "s1", 2, "e2", { incarnation: "b" })],
      [],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeOrder, entries)).toEqual(expected);
  });
});

describe("the endpoint of an epoch", () => {
  it.each<Case>([
    ["is one", [agreed(300, "s1", 2, "e2"), answer(400, "s2", 2, "e2")], []],
    [
      "is not two, in events",
      [agreed(300, "s1", 2, "e2"), agreed(400, "s2", 2, "e1")],
      ['epoch 2 of "" names e2 and e1, and nothing was lost'],
    ],
    [
      "is not two, in answers",
      [agreed(300, "s1", 2, "e2"), answer(400, "s2", 2, "e1")],
      ['epoch 2 of "" names e2 and e1, and nothing was lost'],
    ],
    [
      "is not two, by another incarnation, when nothing was lost",
      [agreed(300, "s1", 2, "e2"), agreed(400, "s2", 2, "e1", "first", "b")],
      ['epoch 2 of "b" names e2 and e1, and nothing was lost'],
    ],
    [
      "may be another one in another incarnation after a loss of data",
      [agreed(300, "s1", 2, "e2"), loss(350, "latest"), agreed(400, "s2", 2, "e1", "first", "b")],
      [],
    ],
    [
      "is not two in one incarnation after a loss of data",
      [agreed(300, "s1", 2, "e2"), loss(350, "latest"), agreed(400, "s2", 2, "e1")],
      ['epoch 2 of "" names e2 and e1, after a loss of data'],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeNames, entries)).toEqual(expected);
  });
});

describe("clients of an endpoint", () => {
  const move = agreed(1000, "s1", 2, "e2");
  it.each<Case>([
    ["are closed when it was left", [move, closing(9000, "s1", "e1")], []],
    ["are closed for a moment after it was agreed on", [move, closing(1900, "s2", "e2")], []],
    [
      "are not closed a lease after it was agreed on",
      [move, closing(4000, "s2", "e2")],
      ["s2#1 closes the clients of e2, 3000 ms after epoch 2 had named it"],
    ],
    [
      "are closed by a server that was frozen for as long as that",
      [move, at(9000, { kind: "closing", server: "s2", run: 1, endpoint: "e2", decidedBy: 1500 })],
      [],
    ],
    [
      "are closed by a server that the machine was too slow for",
      [move, lag(3500, "s2-1", 2000), closing(4000, "s2", "e2")],
      [],
    ],
    [
      "are not closed by a server because another one was slow",
      [move, lag(3500, "s3-1", 2000), closing(4000, "s2", "e2")],
      ["s2#1 closes the clients of e2, 3000 ms after epoch 2 had named it"],
    ],
    [
      "are closed for a moment after the store has lost what was agreed on",
      [move, loss(3900, "latest"), closing(4000, "s2", "e2")],
      [],
    ],
    [
      "are not closed for long after the store has lost what was agreed on",
      [move, loss(3900, "latest"), closing(9000, "s2", "e2")],
      ["s2#1 closes the clients of e2, 8000 ms after epoch 2 had named it"],
    ],
    [
      "are closed while two copies of the store go on",
      [move, split(3000, true), closing(9000, "s2", "e2")],
      [],
    ],
    [
      "are not closed on the endpoint that everybody came back to",
      [move, agreed(2000, "s1", 3, "e1"), closing(6000, "s2", "e1")],
      ["s2#1 closes the clients of e1, 4000 ms after epoch 3 had named it"],
    ],
    [
      "are not closed on the first endpoint after everything was lost",
      [
        agreed(1000, "s1", 9, "e2"),
        loss(2000, "everything-and-all-servers"),
        agreed(2500, "s1", 1, "e1"),
        closing(9000, "s2", "e1"),
      ],
      ["s2#1 closes the clients of e1, 6500 ms after epoch 1 had named it"],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeClosings, entries)).toEqual(expected);
  });
});

describe("a move away from an endpoint that is taken for dead", () => {
  const move = agreed(9000, "s1", 2, "e2", "active-unhealthy");
  const alone = ["epoch 2 moves all from e1 to e2: s1#1 of s1#1, s2#1, s3#1 saw it dead"];
  it.each<Case>([
    ["is right when a majority saw it dead", [...seenDown(8900, "s1", "s2"), move], []],
    ["is wrong when one of three saw it dead", [...seenDown(8900, "s1"), move], alone],
    [
      "is wrong when nobody saw it dead",
      [move],
      ["epoch 2 moves all from e1 to e2: nobody of s1#1, s2#1, s3#1 saw it dead"],
    ],
    [
      "is right on the word of two leases ago",
      [...seenDown(5000, "s1", "s2"), health(7300, "s2", "e1", true), move],
      [],
    ],
    [
      "is wrong on the word of long ago",
      [...seenDown(5000, "s1", "s2"), health(5500, "s2", "e1", true), move],
      alone,
    ],
    [
      "is right on the word of one server when the others have been dead for a lease",
      [became(7500, "s2", "dead"), became(7500, "s3", "dead"), ...seenDown(8900, "s1"), move],
      [],
    ],
    [
      "is wrong when the others have died a moment ago",
      [became(8950, "s2", "dead"), became(8950, "s3", "dead"), ...seenDown(8900, "s1"), move],
      alone,
    ],
    [
      "is right when the others have been cut off from the store for a lease",
      [link(7500, "s2>store", "cut"), link(7500, "s3>store", "cut"), ...seenDown(8900, "s1"), move],
      [],
    ],
    [
      "is right when the others reach the store again, and may still be dialling it",
      [
        link(2000, "s2>store", "cut"),
        link(2000, "s3>store", "cut"),
        link(8000, "s2>store", "open"),
        link(8000, "s3>store", "open"),
        ...seenDown(8900, "s1"),
        move,
      ],
      [],
    ],
    [
      "is wrong when the store was away for longer than a lease, and nobody could be heard of",
      [...seenDown(5000, "s1"), store(6000, false), store(8950, true), move],
      alone,
    ],
    [
      "is right when the store was away, the others died, and most of a lease has gone by since",
      [
        ...seenDown(5000, "s1"),
        store(6000, false),
        became(6500, "s2", "dead"),
        became(6500, "s3", "dead"),
        store(8300, true),
        move,
      ],
      [],
    ],
    ["is not judged while two copies of the store go on", [split(8500, true), move], []],
    [
      "is not judged when it only tells two histories apart",
      [
        agreed(3000, "s1", 2, "e1"),
        loss(3100, "latest"),
        agreed(3200, "s2", 2, "e2"),
        agreed(9000, "s1", 3, "e2", "active-unhealthy"),
      ],
      [],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeMoves, entries)).toEqual(expected);
  });
});

describe("when all is mended", () => {
  const quiet = at(1000, { kind: "quiet", name: "storm 1" });
  const over = (time: number): Entry => at(time, { kind: "quiet-over", name: "storm 1" });
  const alike = settings.servers.flatMap((server) => answers(1200, 40_000, server, 1, "e1"));
  it.each<Case>([
    ["all servers answer alike", [quiet, alike, over(40_000)], []],
    [
      "no server answers differently for long",
      [
        quiet,
        answers(1200, 40_000, "s1", 1, "e1"),
        answers(1200, 40_000, "s2", 1, "e1"),
        answers(1200, 40_000, "s3", 2, "e2"),
        over(40_000),
      ],
      ["storm 1: servers still answer differently: s1 1 (e1), s2 1 (e1), s3 2 (e2)"],
    ],
    [
      "no server is silent for long",
      [quiet, alike.filter((it) => it.kind === "answer" && it.server !== "s2"), over(40_000)],
      ["storm 1: servers still answer differently: s1 1 (e1), s3 1 (e1)"],
    ],
    [
      "no client is away for long",
      [client(900, "c2", undefined), quiet, alike, over(40_000)],
      ["storm 1: c2 is not connected, the active endpoint is e1"],
    ],
    [
      "no client is elsewhere for long",
      [client(900, "c2", "e2"), quiet, alike, over(40_000)],
      ["storm 1: c2 is on e2, the active endpoint is e1"],
    ],
    ["nobody needs to be well at once", [client(900, "c2", "e2"), quiet, over(3000)], []],
    [
      "nobody needs to be well on a machine that is too slow",
      [client(900, "c2", "e2"), quiet, alike, lag(39_000, "s1-1", 30_000), over(40_000)],
      [],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeQuiet, entries)).toEqual(expected);
  });
});

describe("a client on an endpoint that all have left", () => {
  const left = settings.servers.flatMap((server) => answers(1000, 40_000, server, 2, "e2"));
  const lateOf = (name: string, server: string): string =>
    `${name} is left on e1 for 38.8 s, while ${server} answers with another endpoint and could close it`;
  const isBack = client(1200, "c2", "e2");
  it.each<Case>([
    ["may stay for a moment", [left, isBack, client(5000, "c1", "e2")], []],
    ["must not stay", [left, isBack], [lateOf("c1", "s1")]],
    [
      "must not stay because one server does not reach it",
      [link(900, "s1>e1", "cut"), left, isBack],
      [lateOf("c1", "s2")],
    ],
    [
      "may stay when no server reaches it",
      [settings.servers.map((server) => link(900, `${server}>e1`, "cut")), left, isBack],
      [],
    ],
    [
      "may stay when nobody who reaches it reaches the store",
      [
        link(900, "s1>e1", "cut"),
        link(900, "s2>store", "cut"),
        link(900, "s3>store", "cut"),
        left,
        isBack,
      ],
      [],
    ],
    ["may stay while the store is away", [store(900, false), left, isBack], []],
    ["may stay when it is frozen", [became(900, "e1", "frozen"), left, isBack], []],
    [
      "may stay when the endpoint fails",
      [at(900, { kind: "endpoint-fault", endpoint: "e1", fault: "gray" }), left, isBack],
      [],
    ],
    ["may stay when it cannot be told of it", [link(900, "c1>e1", "cut"), left, isBack], []],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeLeftBehind, entries)).toEqual(expected);
  });
});

describe("a server that refuses clients", () => {
  const refused = [
    "s1#1 answers 503 ERR_NO_HEALTHY_ENDPOINT, though its agreed endpoint e1 answers it well",
  ];
  it.each<Case>([
    ["is wrong while its agreed endpoint answers well", [refusal(9000, "s1")], refused],
    ["is right when that is dead", [became(5000, "e1", "dead"), refusal(9000, "s1")], []],
    ["is right when it does not reach it", [link(5000, "s1>e1", "cut"), refusal(9000, "s1")], []],
    [
      "is wrong when only another server does not reach it",
      [link(5000, "s2>e1", "cut"), refusal(9000, "s1")],
      refused,
    ],
    [
      "is right when it has reached it again only a moment ago",
      [link(5000, "s1>e1", "cut"), link(8000, "s1>e1", "open"), refusal(9000, "s1")],
      [],
    ],
    [
      "is wrong when it has reached it again long ago",
      [link(2000, "s1>e1", "cut"), link(3000, "s1>e1", "open"), refusal(9000, "s1")],
      refused,
    ],
    [
      "is right when the endpoint fails",
      [
        at(5000, { kind: "endpoint-fault", endpoint: "e1", fault: "unhealthy" }),
        refusal(9000, "s1"),
      ],
      [],
    ],
    ["is right before it knows an agreement", [refusal(50, "s1")], []],
    [
      "is right when the machine is too slow",
      [
        link(4000, "s1>e1", "cut"),
        link(5000, "s1>e1", "open"),
        lag(8000, "s1-1", 1500),
        refusal(9000, "s1"),
      ],
      [],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeRefusals, entries)).toEqual(expected);
  });
});

describe("a process", () => {
  it.each<Case>([
    ["may be killed", [became(500, "s1", "dead")], []],
    [
      "must not die by itself",
      [became(500, "s1", "dead", { isAsked: false })],
      ["s1#1 has died by itself"],
    ],
    [
      "must not warn or leave a rejection unhandled",
      [at(500, { kind: "complaint", what: "warning: leak" }, "s1-1")],
      ["s1-1: warning: leak"],
    ],
    [
      "may do what it likes when the run is over",
      [at(500, { kind: "over" }), became(600, "s1", "dead", { isAsked: false })],
      [],
    ],
  ])("%s", (_, entries, expected) => {
    expect(violationsOf(judgeDeaths, entries)).toEqual(expected);
  });
});

it("a judgement says of each violation which rule it breaks, when, and within what", () => {
  const { violations, verdicts } = judge(
    recordingOf(
      at(400, { kind: "storm", name: "storm 1" }),
      answer(450, "s1", 2, "e2"),
      answer(500, "s1", 1, "e1"),
    ),
  );
  expect(violations).toEqual([
    {
      rule: "epochs that a server answers with never go back",
      when: "0.50 s, storm 1",
      what: "s1#1 answers epoch 1 (e1) after epoch 2 (e2)",
    },
  ]);
  expect(verdicts.find(({ violations: found }) => found.length > 0)).toMatchObject({
    checked: 2,
    excused: 0,
  });
});
