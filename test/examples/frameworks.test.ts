import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import type { Page } from "playwright-core";
import { useBrowser } from "../support/browser.ts";
import { afterTest } from "../support/clean-up.ts";
import { installExample } from "./support/installed-example.ts";
import { post, startExample } from "./support/started-example.ts";

jest.setTimeout(600_000);

const openTab = useBrowser();

/** An example after its two commands. */
const installAndStart = async (example: string) => startExample(await installExample(example));

describe("the example react-chat", () => {
  const enter = async (page: Page, name: string) => {
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Enter" }).click();
    await page.getByText("Connected to eastus").waitFor();
  };
  const say = async (page: Page, text: string) => {
    await page.getByLabel("Message").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  };
  const lines = (page: Page) => page.getByRole("listitem").allInnerTexts();

  it("loses nothing when a region crashes, nor when the page is loaded anew", async () => {
    const example = await installAndStart("react-chat");
    const ada = await openTab(example.url);
    await enter(ada.page, "ada");
    const bob = await openTab(example.url);
    await enter(bob.page, "bob");
    await say(ada.page, "one");
    await bob.page.getByText("ada one").waitFor();

    await example.breakEastus();
    await say(bob.page, "two");
    await say(bob.page, "three");
    await ada.page.getByText("bob three").waitFor();
    await ada.page.getByText("Connected to westus").waitFor();
    await bob.page.getByText("bob three").waitFor();

    await ada.page.goto("about:blank");
    await say(bob.page, "four");
    await bob.page.getByText("bob four").waitFor();
    await ada.page.goto(example.url);
    await ada.page.getByText("bob four").waitFor();

    const said = ["ada one", "bob two", "bob three", "bob four"];
    expect(await lines(ada.page)).toEqual(said);
    expect(await lines(bob.page)).toEqual(said);
    expect([...ada.errors, ...bob.errors]).toEqual([]);
    expect((await fetch(`${example.url}/negotiate`)).status).toBe(401);
    expect(await example.stop()).toBe(0);
  });
});

it("the example nextjs sends to its page", async () => {
  const example = await installAndStart("nextjs");
  const { page, errors } = await openTab(example.url);
  await page.getByText("Connected to eastus").waitFor();
  await page.getByLabel("Message").fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("listitem").getByText("hello").waitFor();
  expect(errors).toEqual([]);
  expect((await fetch(`${example.url}/api/negotiate`)).status).toBe(401);
  expect(await example.stop()).toBe(0);
});

it("the example nestjs sends to clients, and tells what it refuses", async () => {
  const example = await installAndStart("nestjs");
  const client = new ResilientPubSubClient(`${example.url}/negotiate?user=ada`);
  afterTest(() => client.stop());
  await client.start();
  const heard = new Promise((resolve) => {
    client.on("server-message", ({ message }) => resolve(message.data));
  });
  expect((await post(`${example.url}/messages`, { text: "hello" })).status).toBe(202);
  expect(await heard).toEqual({ text: "hello" });
  await client.stop();
  expect((await post(`${example.url}/messages`, {})).status).toBe(400);
  expect((await fetch(`${example.url}/negotiate`)).status).toBe(401);
  await example.breakEastus();
  const report = await (await post(`${example.url}/messages`, { text: "hello" })).json();
  expect(report).toMatchObject({ delivered: ["westus"] });
  await example.stop();
  await expect(fetch(example.url)).rejects.toThrow();
});
