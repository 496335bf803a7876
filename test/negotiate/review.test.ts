import { mustMove } from "../../src/client/negotiated-endpoint.ts";
import {
  type AgreementSituation,
  type ClientLocation,
  type EndpointSituation,
  reasonToFollow,
  reasonToLeave,
} from "../../src/negotiate/review.ts";

describe("where each server decides, a client", () => {
  const well: EndpointSituation = { state: "healthy", isEvacuated: false, isOtherUsable: true };
  it.each<[string, EndpointSituation | undefined, ReturnType<typeof reasonToLeave>]>([
    ["of a healthy endpoint stays", well, undefined],
    ["of an endpoint that is not known here stays", undefined, undefined],
    ["of one that nobody has looked at stays", { ...well, state: "unknown" }, undefined],
    ["of an unhealthy one moves", { ...well, state: "unhealthy" }, "out-of-use"],
    [
      "stays while there is none to move to",
      { ...well, state: "unhealthy", isOtherUsable: false },
      undefined,
    ],
    ["of one that is evacuated moves", { ...well, isEvacuated: true }, "evacuated"],
    [
      "of one that is evacuated stays while there is none to move to",
      { ...well, isEvacuated: true, isOtherUsable: false },
      undefined,
    ],
    [
      "of one that was removed and is gone moves",
      { ...well, state: "unknown", isEvacuated: true },
      "evacuated",
    ],
    [
      "of one that is evacuated and unhealthy does not wait for its turn",
      { state: "unhealthy", isEvacuated: true, isOtherUsable: true },
      "out-of-use",
    ],
  ])("%s", (_, situation, expected) => {
    expect(reasonToLeave(situation)).toBe(expected);
  });
});

describe("where servers agree, a client", () => {
  const agreed = { active: "west", epoch: 5, incarnation: "b", isStoreLost: false };
  const client = { endpoint: "west", epoch: 5, incarnation: "b" };
  const away = { ...client, endpoint: "east" };
  it.each<[string, ClientLocation, Partial<AgreementSituation>, "agreement" | undefined]>([
    ["of the agreement stays", client, {}, undefined],
    ["of an older one moves, even to the same endpoint", { ...client, epoch: 4 }, {}, "agreement"],
    ["of an older one elsewhere moves", { ...away, epoch: 4 }, {}, "agreement"],
    ["of another one of that number moves", { ...client, incarnation: "a" }, {}, "agreement"],
    ["on another endpoint moves", away, {}, "agreement"],
    ["that was told no number stays on the endpoint", { endpoint: "west" }, {}, undefined],
    ["that was told no number moves from any other", { endpoint: "east" }, {}, "agreement"],
    ["that was told no incarnation stays", { ...client, incarnation: undefined }, {}, undefined],
    ["stays when the agreement has none", client, { incarnation: "" }, undefined],
    ["of a newer one stays, since this server lags", { ...away, epoch: 6 }, {}, undefined],
    ["stays while the store is lost", { ...away, epoch: 4 }, { isStoreLost: true }, undefined],
    [
      "stays before the first agreement was read",
      away,
      { active: undefined, epoch: undefined, incarnation: undefined },
      undefined,
    ],
    ["stays when this server does not know the endpoint", away, { active: undefined }, undefined],
  ])("%s", (_, location, difference, expected) => {
    expect(reasonToFollow(location, { ...agreed, ...difference })).toBe(expected);
  });
});

it("servers move a client when the client itself would, but for one that is ahead of them", () => {
  const values = <T>(...all: T[]) => [undefined, ...all];
  const situations = ["east", "west"].flatMap((endpoint) =>
    values(4, 5, 6).flatMap((epoch) =>
      values("a", "b").map((incarnation) => ({ endpoint, epoch, incarnation })),
    ),
  );
  const agreement = { epoch: 5, incarnation: "b" };
  const ofServer = situations.map(
    (from) =>
      reasonToFollow(from, { active: "west", ...agreement, isStoreLost: false }) !== undefined,
  );
  const ofClient = situations.map(
    (from) => mustMove(from, { endpoint: "west", ...agreement }) && !((from.epoch ?? 0) > 5),
  );
  expect(ofServer).toEqual(ofClient);
});
