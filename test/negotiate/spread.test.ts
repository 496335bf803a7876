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
    const limitPerSecond = Number.POSITIVE_INFINITY;
    const herd = { clients, servers, negotiatesPerSecond, limitPerSecond };
    expect(spreadInMs(herd)).toBe(expected);
  });
});

describe("with a limit, clients spread their negotiates so that 95 % of it are let in a second:", () => {
  it.each([
    [950, 1, 8000, 10, 100_000],
    [1_000_000, 20, 8000, 500, 105_263],
    [1_000_000, 20, 8000, 100_000, 8929],
    [95, 1, 8000, 0.1, 1_000_000],
  ])("%i clients on %i servers of %i/s, with a limit of %d/s", (clients, servers, ...rates) => {
    const [negotiatesPerSecond, limitPerSecond, expected] = rates;
    expect(spreadInMs({ clients, servers, negotiatesPerSecond, limitPerSecond })).toBe(expected);
  });
});
