import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, next, startApp } from "../support/regions.js";

const shipped = (url, user) => fetch(`${url}/orders/${user}/shipped`, { method: "POST" });

test("a stranger gets no connection", async (t) => {
  const { url } = await startApp(t);
  assert.equal((await fetch(`${url}/negotiate`)).status, 401);
});

test("a customer hears that the order is shipped", async (t) => {
  const { url } = await startApp(t);
  const client = await connect(t, url, "ada");
  const heard = next(client, "server-message");
  assert.equal((await shipped(url, "ada")).status, 202);
  assert.deepEqual((await heard).message.data, { shipped: true });
});

test("an order is answered", async (t) => {
  const { url } = await startApp(t);
  const client = await connect(t, url, "ada");
  const { data } = await client.invokeEvent("order", { tea: 2 }, "json");
  assert.deepEqual(data, { accepted: { tea: 2 }, by: "ada" });
});

test("a customer still hears it after the crash of eastus", async (t) => {
  const { url, eastus } = await startApp(t);
  const client = await connect(t, url, "ada");
  const moved = next(client, "moved");
  await eastus.inject({ kind: "crash" });
  assert.equal((await moved).to, "westus");
  const heard = next(client, "server-message");
  assert.deepEqual((await (await shipped(url, "ada")).json()).delivered, ["westus"]);
  assert.deepEqual((await heard).message.data, { shipped: true });
});

test("the app says so when no region takes a message", async (t) => {
  const { url, eastus, westus } = await startApp(t);
  for (const region of [eastus, westus]) await region.inject({ kind: "gray" });
  assert.equal((await shipped(url, "ada")).status, 503);
});
