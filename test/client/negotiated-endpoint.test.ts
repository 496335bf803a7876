import {
  type EndpointAndEpoch,
  hasNewerEpoch,
  mustMove,
} from "../../src/client/negotiated-endpoint.ts";

describe("a client of the east with epoch", () => {
  it.each<[number | undefined, string, number | undefined, boolean, boolean]>([
    [1, "east", 2, true, true],
    [1, "west", 2, true, true],
    [Number.MAX_SAFE_INTEGER - 1, "east", Number.MAX_SAFE_INTEGER, true, true],
    [2, "east", 2, false, false],
    [2, "west", 2, false, true],
    [2, "east", 1, false, false],
    [2, "west", 1, false, true],
    [2, "east", undefined, false, false],
    [2, "west", undefined, false, true],
    [undefined, "east", 2, false, false],
    [undefined, "west", 2, false, true],
    [undefined, "east", undefined, false, false],
  ])("%p that is told %s with epoch %p", (epoch, endpoint, told, isAnew, isLeft) => {
    const [from, to] = [
      { endpoint: "east", epoch },
      { endpoint, epoch: told },
    ];
    expect(hasNewerEpoch(from, to)).toBe(isAnew);
    expect(mustMove(from, to)).toBe(isLeft);
  });
});

describe("a client of the east with epoch 2 that is told another agreement of that number", () => {
  it.each<[string, string | undefined, string | undefined, boolean]>([
    ["is to move: the servers' store has lost something", "a", "b", true],
    ["stays when it is the same", "a", "a", false],
    ["stays when one of the two is not told apart", "a", undefined, false],
    ["stays when the other one is not", undefined, "b", false],
    ["stays when an old server has written it", "", "b", false],
  ])("%s", (_, had, told, expected) => {
    const [from, to] = [had, told].map((incarnation) => ({
      endpoint: "east",
      epoch: 2,
      incarnation,
    })) as [EndpointAndEpoch, EndpointAndEpoch];
    expect(mustMove(from, to)).toBe(expected);
  });
});
