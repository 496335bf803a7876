import { hasNewerEpoch, mustMove } from "../../src/client/negotiated-endpoint.ts";

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
