import { Census } from "../../src/endpoints/census.ts";
import { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";

const INTERVAL_IN_MS = 20_000;

function endpoint(name: string, maxClients?: number): RegisteredEndpoint {
  const connectionString = `Endpoint=https://${name}.example;AccessKey=k`;
  return new RegisteredEndpoint(
    createEndpoint(parseEndpoint({ name, role: "primary", maxClients, connectionString }), "chat"),
  );
}

const [east, west] = [endpoint("east"), endpoint("west")];

/** A census whose clock stands still until it is told to go on. */
function startCensus() {
  let now = 1000;
  const told: string[] = [];
  const census = new Census(
    INTERVAL_IN_MS,
    () => now,
    ({ name }, clients) => void told.push(`${name} ${clients}`),
  );
  return {
    census,
    told,
    ask: (where: RegisteredEndpoint, ...clients: number[]) => {
      for (const client of clients) census.count(where, client);
    },
    pass: (intervals: number) => {
      now += intervals * INTERVAL_IN_MS;
    },
    counts: () => [census.clientsOn(east), census.clientsOn(west), census.fullest],
  };
}

it("arrivals are those of this interval or of the one before, whichever are more", () => {
  const { census, pass } = startCensus();
  const arrive = (count: number) => {
    for (let client = 0; client < count; client += 1) census.countArrival();
  };
  arrive(3);
  expect(census.arrivals).toBe(3);
  pass(1);
  arrive(1);
  expect(census.arrivals).toBe(3);
  arrive(4);
  expect(census.arrivals).toBe(5);
  pass(2);
  expect(census.arrivals).toBe(0);
});

it("nothing is said before everybody has had the time to ask", () => {
  const { ask, pass, counts } = startCensus();
  ask(east, 1, 2, 3);
  expect(counts()).toEqual([undefined, undefined, undefined]);
  pass(0.9);
  expect(counts()).toEqual([undefined, undefined, undefined]);
  pass(0.1);
  expect(counts()).toEqual([3, 0, 3]);
});

it("a client that asks several times is counted once", () => {
  const { ask, pass, counts } = startCensus();
  ask(east, 7, 7, 7);
  pass(1);
  ask(east, 7);
  pass(1);
  expect(counts()).toEqual([1, 0, 1]);
});

it("a hidden page that asks four times less often is counted all the time", () => {
  const { census, ask, pass } = startCensus();
  const counted: unknown[] = [];
  for (let interval = 0; interval < 12; interval += 1) {
    if (interval % 4 === 0) ask(west, 5);
    pass(1);
    counted.push(census.clientsOn(west));
  }
  expect(counted).toEqual(Array(12).fill(1));
});

it.each([
  [4, 2],
  [5, 0],
  [6, 0],
  [1000, 0],
])(
  "of two clients that have last asked %i intervals ago, %i are counted",
  (intervals, expected) => {
    const { census, ask, pass } = startCensus();
    ask(east, 1, 2);
    pass(intervals);
    expect(census.clientsOn(east)).toBe(expected);
  },
);

it("while nobody asks, as many may come back as there were last", () => {
  const { ask, pass, counts } = startCensus();
  ask(east, 1, 2);
  pass(9);
  expect(counts()).toEqual([0, 0, 2]);
  pass(9);
  expect(counts()).toEqual([0, 0, 2]);
});

it("when the first of them are back, the others may still come", () => {
  const { ask, pass, counts } = startCensus();
  ask(east, 1, 2, 3);
  pass(9);
  ask(west, 1);
  pass(1);
  expect(counts()).toEqual([0, 1, 3]);
});

it.each([
  ["half an hour of reviews later, as long as anybody is told to wait", 1800, 3],
  ["not much more than an hour later", 3660, 1],
])("those who were there may come back %s", (_, seconds, expected) => {
  const { ask, pass, counts } = startCensus();
  ask(east, 1, 2, 3);
  for (let at = 0; at < seconds; at += INTERVAL_IN_MS / 1000) {
    ask(west, 1);
    pass(1);
  }
  expect(counts()).toEqual([0, 1, expected]);
});

it("the fullest endpoint is the one with most clients", () => {
  const { ask, pass, counts } = startCensus();
  ask(east, 1);
  ask(west, 1, 2, 3);
  pass(1);
  expect(counts()).toEqual([1, 3, 3]);
});

it("an interval that is under way is not counted yet", () => {
  const { ask, pass, counts } = startCensus();
  ask(east, 1);
  pass(1);
  ask(east, 2, 3, 4);
  expect(counts()).toEqual([1, 0, 1]);
});

describe("an endpoint for three clients is full", () => {
  const small = endpoint("small", 3);

  it("as soon as three have asked, whoever has counted them so far", () => {
    const { census, ask, told } = startCensus();
    ask(small, 1, 2, 2);
    expect(census.isFull(small)).toBe(false);
    ask(small, 3, 4);
    expect(census.isFull(small)).toBe(true);
    expect(told).toEqual(["small 3"]);
  });

  it("as soon as as many were sent there, who are counted once when they ask", () => {
    const { census, ask, pass } = startCensus();
    for (const client of [1, 2]) census.expect(small, client);
    ask(small, 1, 2);
    expect(census.isFull(small)).toBe(false);
    pass(1);
    ask(small, 1, 2);
    expect(census.isFull(small)).toBe(false);
    census.expect(small, 3);
    expect(census.isFull(small)).toBe(true);
  });

  it("no more when those who were sent have not asked for a whole interval", () => {
    const { census, pass } = startCensus();
    pass(0.5);
    for (const client of [1, 2, 3]) census.expect(small, client);
    pass(1);
    expect(census.isFull(small)).toBe(true);
    pass(1);
    expect(census.isFull(small)).toBe(false);
  });

  it("for as long as they are counted after they have gone", () => {
    const { census, ask, pass } = startCensus();
    ask(small, 1, 2, 3);
    pass(4);
    expect(census.isFull(small)).toBe(true);
    pass(1);
    expect(census.isFull(small)).toBe(false);
  });

  it("which is told once in an interval", () => {
    const { ask, pass, told } = startCensus();
    ask(small, 1, 2, 3, 4, 5);
    pass(5);
    ask(small, 1, 2, 3);
    expect(told).toEqual(["small 3", "small 3"]);
  });

  it("and one without a limit never is", () => {
    const { census, ask } = startCensus();
    ask(east, 1, 2, 3, 4);
    census.expect(east, 5);
    expect(census.isFull(east)).toBe(false);
  });
});
