import { markDisplaced } from "../../src/marker-groups/displaced-group.ts";
import { keepMarkers } from "../../src/marker-groups/marker.ts";

const AWAY = "resilient-pubsub.displaced-from.p1";

const endpoint = (name: string, { isUsable = true, isInRotation = true } = {}) => ({
  name,
  role: name.startsWith("p") ? ("primary" as const) : ("secondary" as const),
  weight: undefined,
  isUsable: isUsable && isInRotation,
  isInRotation,
});

const up = {};
const down = { isUsable: false };
const drained = { isInRotation: false };

describe("a client is marked as displaced from the first primary that is offered", () => {
  it.each([
    ["p1", up, up, "", false, undefined],
    ["s1", down, down, "", false, "p1"],
    ["s1", drained, down, "", false, "p2"],
    ["s1", drained, drained, "", false, "p1"],
    ["s1", up, up, "p1 p2", false, "p1"],
    ["s1", up, up, "", false, "p1"],
    // With a router, only when the router had no primary to choose from.
    ["s1", up, up, "", true, undefined],
    ["s1", up, down, "", true, undefined],
    ["s1", down, down, "", true, "p1"],
    ["s1", up, down, "p1", true, "p1"],
  ])("sent to %s with p1 %j, p2 %j, avoiding '%s', routed: %s -> %s", (...one) => {
    const [name, p1, p2, avoided, isRouted, expected] = one;
    const all = [endpoint("s1"), endpoint("p1", p1), endpoint("p2", p2)];
    const chosen = all.find((candidate) => candidate.name === name) ?? endpoint("none");
    const placement = {
      chosen,
      all,
      avoided: new Set(all.filter((candidate) => avoided.includes(candidate.name))),
      isRouted,
    };
    const identity = { userId: "ada", groups: ["news"] };
    const groups = expected ? ["news", `resilient-pubsub.displaced-from.${expected}`] : ["news"];
    expect(markDisplaced(identity, placement)).toEqual({ userId: "ada", groups });
  });

  it("also a client that has no groups, and the identity itself is left alone", () => {
    const identity = Object.freeze({});
    const all = [endpoint("s1"), endpoint("p1", down)];
    const placement = { chosen: endpoint("s1"), all, avoided: new Set<never>(), isRouted: false };
    expect(markDisplaced(identity, placement)).toEqual({ groups: [AWAY] });
  });
});

describe("the answer of a connect handler", () => {
  const claims = { "webpubsub.group": ["news", AWAY], sub: ["ada"] };

  it.each([
    ["gets the markers of the token", { groups: ["a"] }, claims, { groups: ["a", AWAY] }],
    ["gets each marker once", { groups: [AWAY] }, claims, { groups: [AWAY] }],
    [
      "keeps what else it says",
      { groups: ["a"], userId: "x" },
      claims,
      { groups: ["a", AWAY], userId: "x" },
    ],
    ["is left alone without groups", { userId: "x" }, claims, { userId: "x" }],
    ["is left alone with an empty list", { groups: [] }, claims, { groups: [] }],
    ["is left alone when it is none", undefined, claims, undefined],
    ["is left alone when it is null", null, claims, null],
    ["is left alone when groups are no list", { groups: "a" }, claims, { groups: "a" }],
    ["is left alone for a token without groups", { groups: ["a"] }, {}, { groups: ["a"] }],
    ["is left alone without claims", { groups: ["a"] }, undefined, { groups: ["a"] }],
    [
      "gets no group but markers",
      { groups: ["a"] },
      { "webpubsub.group": ["b"] },
      { groups: ["a"] },
    ],
  ])("%s", (_, answer, held, expected) => {
    expect(keepMarkers<unknown>(answer, held as Record<string, string[]> | undefined)).toEqual(
      expected,
    );
  });
});
