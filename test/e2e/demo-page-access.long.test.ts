import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { DrillView } from "../../demo-app/contract/live.ts";
import { clientChangesOf, eastusDown, environmentWith } from "../support/environment-views.ts";
import { figuresWith } from "../support/figure-views.ts";
import { until } from "../support/until.ts";
import { unfold, usePage } from "./demo-support.ts";
import { openScripted } from "./scripted-page.ts";

jest.setTimeout(60_000);

const axe = readFileSync(createRequire(__filename).resolve("axe-core/axe.min.js"), "utf8");
const page = usePage();

const drill: DrillView = {
  state: "passed",
  result: "back in 0.6 s · 0 of 754 refused · 0 messages lost",
  markdown: "# Failover drill: passed\n\n| step | measured |\n",
  steps: [
    {
      id: "before",
      title: "Before failover",
      caption: "Each region serves its own clients.",
      figure: 1,
      state: "done",
      reason: null,
      figures: [
        { label: "at home", value: 4, unit: "clients" },
        { label: "heard what was broadcast to them by eastus", value: 4, unit: "clients" },
        { label: "the last of them after", value: 7, unit: "ms" },
      ],
    },
  ],
};

const rates = {
  at: Date.now(),
  answers: [1, 2],
  refused: 0,
  delivered: [10, 10],
  without: 1,
};

const figures = figuresWith({
  since: { at: Date.now(), text: "eastus crashes" },
  withHistory: { sent: 123_456, missed: 1, replayed: 127 },
  withoutHistory: { sent: 123_456, missed: 128, outOfOrder: 2 },
  microsoft: { without: 10, missed: 1280 },
});

describe("the page of the demo", () => {
  it.each([
    ["in the light", { colorScheme: "light", width: 1280 }],
    ["in the dark", { colorScheme: "dark", width: 1280 }],
    ["on a phone", { colorScheme: "light", width: 375 }],
    ["on a phone in the dark", { colorScheme: "dark", width: 375 }],
  ] as const)("has nothing serious against it %s", async (_, { colorScheme, width }) => {
    const { controlServer, tab } = await openScripted(page);
    await tab.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await tab.page.setViewportSize({ width, height: 900 });
    controlServer.publish("environment", eastusDown());
    controlServer.publish(
      "clients",
      clientChangesOf(20, (_home, id) => (id > 18 ? -1 : 1)),
    );
    controlServer.publish("rates", rates);
    controlServer.publish("drill", drill);
    controlServer.publish("figures", figures);
    await tab.page.locator("#figures td", { hasText: "1,280" }).waitFor();
    await unfold(tab.page, "body");
    controlServer.refusal = "Somebody else has just broken it.";
    await tab.page.getByRole("button", { name: "Blackhole" }).first().click();
    await tab.page.getByText(controlServer.refusal).waitFor();

    await tab.page.evaluate(axe);
    const { violations }: AxeResults = await tab.page.evaluate("axe.run()");

    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    for (const place of ["html", ".steps", ".controls", "#figures", "#charts"]) {
      const beyond = await tab.page.evaluate(
        `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector("${place}"))`,
      );
      expect([place, beyond]).toEqual([place, 0]);
    }
  });

  it("lets the keyboard reach every control", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish(
      "environment",
      environmentWith({ endpoints: { eastus: { fault: "gray" } } }),
    );
    controlServer.publish("clients", clientChangesOf(4));
    controlServer.publish("drill", drill);
    await tab.page.getByRole("button", { name: "Copy as Markdown" }).waitFor();
    await unfold(tab.page, "body");

    const reached = new Set<string>();
    for (let presses = 0; presses < 100; presses++) {
      await tab.page.keyboard.press("Tab");
      const name = await tab.page.evaluate(`(() => {
        const { activeElement: it } = document;
        const isVisible = it.matches(":focus-visible") && getComputedStyle(it).outlineStyle !== "none";
        const label = it.id + (it.getAttribute("aria-label") ?? it.textContent.trim().slice(0, 40));
        return it === document.body ? "" : \`\${it.closest("[aria-label]")?.ariaLabel}: \${label}\${isVisible ? "" : " (unseen)"}\`;
      })()`);
      if (name === "") break;
      reached.add(String(name));
    }

    const controls = "button:enabled, input:enabled, summary, a[href], [tabindex='0']";
    const expected = await tab.page.locator(controls).filter({ visible: true }).count();
    expect([...reached].filter((name) => name.includes("(unseen)"))).toEqual([]);
    expect(reached.size).toBe(expected);
  });

  it("describes one client after the other by the arrow keys", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith());
    controlServer.publish("clients", clientChangesOf(4));
    const picker = tab.page.getByRole("slider", { name: "Client of the crowd" });
    await tab.page.locator(".dot").nth(5).waitFor();

    await picker.focus();
    await tab.page.keyboard.press("ArrowRight");
    await tab.page.keyboard.press("ArrowRight");
    await tab.page.locator(".inspector", { hasText: "Client 3" }).waitFor();

    expect(await picker.getAttribute("aria-valuetext")).toBe(
      "Client 3: on westus, home eastus, 2 moves, last away for 640 ms, 1,207 messages",
    );
    await tab.page.keyboard.press("Escape");
    expect(await tab.page.locator(".inspector").isHidden()).toBe(true);
  });

  it("moves dots without an animation when reduced motion is preferred", async () => {
    const { controlServer, tab } = await openScripted(page);
    await tab.page.emulateMedia({ reducedMotion: "reduce" });
    controlServer.publish("environment", environmentWith());
    controlServer.publish("clients", clientChangesOf(2));
    await tab.page.locator(".client-dots .dot").nth(1).waitFor();
    const where = () => tab.page.locator(".client-dots .dot").first().getAttribute("transform");
    const before = await where();
    await tab.page.evaluate(`
      globalThis.places = new Set();
      new MutationObserver((all) => all.forEach(({ target }) => places.add(target.getAttribute("transform"))))
        .observe(document.querySelector(".client-dots"), { attributes: true, subtree: true }); 0`);

    controlServer.publish("clients", [[1, 0, 1]]);
    await until(async () => (await where()) !== before);

    expect(await tab.page.evaluate("places.size")).toBe(1);
  });
});
