import { spreadInMs } from "../../src/negotiate/spread.ts";

describe("clients spread their negotiates over so many ms that they fill 70 % of the servers:", () => {
  it.each([
    [0, 1, 8000, 0],
    [1, 1, 8000, 0],
    [100, 1, 8000, 18],
    [1000, 1, 8000, 179],
    [10_000, 1, 8000, 1786],
    [10_000, 2, 7000, 1020],
    [1_000_000, 1, 8000, 178_571],
    [1_000_000, 100, 8000, 1786],
    [1000, 1, 50, 28_571],
  ])("%i clients on %i servers of %i/s", (clients, servers, negotiatesPerSecond, expected) => {
    expect(spreadInMs({ clients, servers, negotiatesPerSecond })).toBe(expected);
  });
});
