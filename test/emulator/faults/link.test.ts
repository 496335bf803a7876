import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Link, type LinkSpeed } from "../../../src/emulator/faults/link.ts";
import { afterTest } from "../../support/clean-up.ts";
import { allButTimeouts } from "../support/fake-timers.ts";

/** The socket of a service, slow, and that of its client. */
async function open(speed: LinkSpeed): Promise<{ service: Socket; client: Socket; link: Link }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  const { port } = (await once(server.unref(), "listening").then(() =>
    server.address(),
  )) as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [[service]] = (await Promise.all([
    once(server, "connection"),
    once(client, "connect"),
  ])) as [[Socket], unknown];
  afterTest(() => {
    client.destroy();
    service.destroy();
    server.close();
  });
  for (const socket of [client, service]) socket.on("error", () => {});
  const link = new Link(service);
  link.set(speed);
  return { service, client, link };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await nextTurn();
};

// So fast that it takes no time, and so slow that nothing goes past it.
const fast = 1e9;
const megabyte = 1_000_000;

describe("what goes over a link", () => {
  test.each<[LinkSpeed]>([[{ up: fast }], [{ down: fast }], [{ up: fast, down: fast }], [{}]])(
    "at %j arrives as it was sent, with its end",
    async (speed) => {
      const { service, client } = await open(speed);
      const sent = randomBytes(megabyte);
      const heard = [buffer(service), buffer(client)];
      for (const socket of [client, service]) {
        socket.write(sent.subarray(0, 1));
        socket.cork();
        socket.write(sent.subarray(1, 30_000));
        socket.write("ü");
        socket.write("fc", "hex");
        socket.uncork();
        socket.end(sent.subarray(30_000));
      }
      const middle = Buffer.from([...Buffer.from("ü"), 0xfc]);
      const expected = Buffer.concat([sent.subarray(0, 30_000), middle, sent.subarray(30_000)]);
      for (const bytes of await Promise.all(heard)) expect(bytes.equals(expected)).toBe(true);
    },
  );

  test.each(["up", "down"] as const)("%s keeps its order when the speed changes", async (way) => {
    const { service, client, link } = await open({ [way]: 1000 });
    const [from, to] = way === "up" ? [client, service] : [service, client];
    const sent = randomBytes(megabyte);
    const heard = buffer(to);
    from.write(sent.subarray(0, 500_000));
    await turns(5);
    link.set({ [way]: fast });
    await turns(5);
    link.set({});
    from.end(sent.subarray(500_000));
    expect((await heard).equals(sent)).toBe(true);
  });
});

describe("what a link holds", () => {
  const maxHeldBytes = 300_000;

  test("is not more when nobody reads", async () => {
    const { service, client } = await open({ up: fast });
    service.pause();
    client.write(randomBytes(8 * megabyte));
    await turns(100);
    expect(service.bytesRead).toBeLessThan(maxHeldBytes);
  });

  test("is not more when it is slow", async () => {
    const { service, client } = await open({ up: 10_000 });
    let heardBytes = 0;
    service.on("data", ({ length }) => {
      heardBytes += length;
    });
    jest.useFakeTimers({ doNotFake: allButTimeouts });
    afterTest(() => jest.useRealTimers());
    client.write(randomBytes(8 * megabyte));
    for (let step = 0; step < 100; step++) {
      await turns(2);
      jest.advanceTimersByTime(20);
    }
    expect(heardBytes).toBeGreaterThan(1000);
    expect(service.bytesRead).toBeLessThan(maxHeldBytes);
  });

  test("is not more when nobody reads what it sends: the writer is told", async () => {
    const { service } = await open({ down: 1 });
    expect(service.write(randomBytes(megabyte))).toBe(false);
    await turns(20);
    expect(service.writableLength).toBe(megabyte);
    expect(service.bytesWritten - service.writableLength).toBeLessThanOrEqual(1);
  });

  test.each(["service", "client"] as const)("is given up when the %s is gone", async (who) => {
    const { service, client } = await open({ up: 100, down: 100 });
    const write = new Promise((resolve) => service.write(randomBytes(megabyte), resolve));
    client.write(randomBytes(megabyte));
    service.resume();
    await turns(5);
    if (who === "service") service.destroy();
    else client.resetAndDestroy();
    expect(await write).toHaveProperty("code");
  });

  test("has no timer when the socket is gone", async () => {
    jest.useFakeTimers({ doNotFake: allButTimeouts });
    afterTest(() => jest.useRealTimers());
    const { service } = await open({ up: 1, down: 1 });
    service.write("abc");
    await turns(5);
    expect(jest.getTimerCount()).toBe(1);
    service.destroy();
    await turns(5);
    expect(jest.getTimerCount()).toBe(0);
  });
});
