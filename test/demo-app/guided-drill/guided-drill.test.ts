import { GuidedDrill } from "../../../demo-app/guided-drill/guided-drill.ts";
import { begin, MINUTE_IN_MS, measured, outcome, useDrillTime } from "../../support/begun-drill.ts";
import { deliveriesWith } from "../../support/delivery-views.ts";
import {
  ARRIVAL_IN_MS,
  DETECTION_IN_MS,
  RECOVERY_IN_MS,
  ScriptedEnvironment,
} from "../../support/scripted-environment.ts";

useDrillTime();

describe("a guided drill that succeeds", () => {
  it("passes through the three figures and back to the first", async () => {
    const { run } = begin();

    const view = await run();

    expect(view.state).toBe("passed");
    expect(new Set(view.steps.map(({ state }) => state))).toEqual(new Set(["done"]));
    expect(view.steps.flatMap(({ figure }) => figure ?? [])).toEqual([1, 2, 3, 1]);
  });

  it("measures what has happened in the environment", async () => {
    const { run } = begin(new ScriptedEnvironment(20));

    const view = await run();

    expect(measured(view, "crash")).toEqual({ dropped: 10 });
    expect(measured(view, "detection")).toMatchObject({
      "primary found down after": DETECTION_IN_MS,
    });
    expect(measured(view, "arrival")).toEqual({
      "moved to westus": 10,
      "downtime p50": ARRIVAL_IN_MS,
      "downtime p99": ARRIVAL_IN_MS,
      "the last had arrived after": ARRIVAL_IN_MS,
    });
    expect(measured(view, "after")).toMatchObject({
      "heard the broadcast from eastus": 20,
      "endpoints left out, being down": 1,
      "events from eastus landed in westus": 1,
    });
    expect(measured(view, "recovery")).toMatchObject({
      "primary found up after": RECOVERY_IN_MS,
    });
    expect(measured(view, "newcomers")).toMatchObject({
      "new on eastus": 2,
      "stayed on westus": 10,
      "heard the broadcast from eastus": 24,
    });
    expect(measured(view, "return")).toMatchObject({ returned: 10 });
    expect(measured(view, "load")).toMatchObject({ "refused or failed": 0 });
    expect(measured(view, "load").answered).toBeGreaterThan(50);
  });

  it("counts what clients with and without history have missed since it began", async () => {
    const { run, environment, during } = begin();
    environment.clients.deliveries = deliveriesWith({
      withHistory: { sent: 40, missed: 5, missedUntold: 5, doubled: 1 },
    });
    during("crash", () => {
      environment.clients.deliveries = deliveriesWith({
        withHistory: { sent: 140, missed: 7, missedUntold: 5, doubled: 1, replayed: 20 },
        withoutHistory: { sent: 190, missed: 18 },
      });
    });

    const view = await run();

    expect(view.state).toBe("passed");
    expect(measured(view, "messages")).toEqual({
      "sent to clients with history": 100,
      "missed with history": 2,
      replayed: 20,
      doubled: 0,
      "out of order": 0,
      "sent to clients without history": 90,
      "missed without history": 18,
    });
    expect(view.markdown).toContain("replayed: 20 messages; doubled: 0 messages");
  });

  it.each([
    ["as often as it needs", 0, 200],
    ["more often than it needs", 100, 100],
  ])(
    "has app servers broadcast meanwhile, and as before at its end, %s",
    async (_, before, meanwhile) => {
      const environment = new ScriptedEnvironment();
      environment.broadcastEveryInMs = before;
      const { run, during } = begin(environment);
      const seen: number[] = [];
      during("crash", () => void seen.push(environment.broadcastEveryInMs));

      await run();

      expect([...seen, environment.broadcastEveryInMs]).toEqual([meanwhile, before]);
    },
  );

  it("lists in its report what it has measured", async () => {
    const { run } = begin();

    const { markdown } = await run();

    expect(markdown).toContain("# Failover drill: passed");
    expect(markdown).toContain("2 regions (eastus, westus), emulated");
    expect(markdown).toContain(
      `| The app server finds out |  | done | primary found down after: ${DETECTION_IN_MS} ms`,
    );
  });

  it("mends the environment first, and restores its own settings afterwards", async () => {
    const environment = new ScriptedEnvironment(2);
    await environment.setFault("westus", "gray");
    environment.drained.add("eastus");
    environment.stopped.add("westus");
    environment.topology = "client-client";
    environment.failback = "paced";
    await jest.advanceTimersByTimeAsync(1000);

    const { markdown, state } = await begin(environment).run();

    expect(state).toBe("passed");
    expect(markdown).toContain(
      "Mended before it began: gave eastus back (drained); healed westus (gray); started the app server in westus; switched to client-server; asked for 20 clients",
    );
    expect(environment).toMatchObject({ topology: "client-client", failback: "paced" });
    expect(environment.clients.wanted).toBe(2);
    expect(environment.faults.size + environment.drained.size + environment.stopped.size).toBe(0);
  });

  it("first brings back clients that are displaced when it starts", async () => {
    const environment = new ScriptedEnvironment();
    await environment.setFault("eastus", "crash");
    await jest.advanceTimersByTimeAsync(1000);

    const view = await begin(environment).run();

    expect(view.state).toBe("passed");
    expect(view.markdown).toContain("healed eastus (crash); called clients home");
  });

  it("reduces the clients first when there is no room for new ones", async () => {
    const environment = new ScriptedEnvironment(500);

    const view = await begin(environment).run();

    expect(view.state).toBe("passed");
    expect(environment.orders).toContain("417 clients");
    expect(environment.orders).toContain("500 clients");
    expect(environment.clients.wanted).toBe(500);
  });

  it("runs once however often it is started, and can be run again", async () => {
    const { drill, run, environment } = begin();
    drill.start();
    await run();
    expect(environment.orders.filter((order) => order === "eastus: crash")).toHaveLength(1);

    drill.start();
    const second = await run();

    expect(second.state).toBe("passed");
    expect(environment.orders.filter((order) => order === "eastus: crash")).toHaveLength(2);
  });
});

describe("a guided drill that is stopped", () => {
  it("heals what it has broken, and ends stopped", async () => {
    const { run, environment, drill, during } = begin();
    let stopping: Promise<void> | undefined;
    during("arrival", () => {
      stopping = drill.stop();
    });

    const view = await run();
    await stopping;

    expect(view.state).toBe("stopped");
    expect(outcome(view)).toMatchObject({ detection: "done", arrival: "waiting" });
    expect(view.markdown).toContain("Stopped before its end");
    expect(environment.faults.size).toBe(0);
  });

  it("waits for the order that is under way, and undoes it", async () => {
    const { run, environment, drill, during } = begin();
    const { setFault } = ScriptedEnvironment.prototype;
    during("crash", () => {
      environment.setFault = async (endpoint, fault) => {
        environment.setFault = setFault;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await environment.setFault(endpoint, fault);
      };
      setTimeout(() => void drill.stop(), 500);
    });

    const view = await run();

    expect(view.state).toBe("stopped");
    expect(environment.orders).toContain("eastus: crash");
    expect(environment.faults.size).toBe(0);
  });

  it("has nothing to stop before it is started, nor after its end", async () => {
    const drill = new GuidedDrill(new ScriptedEnvironment());
    await drill.stop();
    expect(drill.view).toBeNull();

    const ended = begin();
    await ended.run();
    await ended.drill.stop();
    expect(ended.drill.view?.state).toBe("passed");
  });
});

describe("a guided drill on Azure", () => {
  it("tells the operator what to click, and waits until it has happened", async () => {
    const environment = new ScriptedEnvironment();
    environment.mode = "azure";
    const { run, during } = begin(environment);
    during("crash", () => void setTimeout(() => environment.lose("eastus"), 4 * MINUTE_IN_MS));
    during(
      "recovery",
      () => void setTimeout(() => environment.recover("eastus"), 4 * MINUTE_IN_MS),
    );

    const view = await run(20 * MINUTE_IN_MS);

    expect(view.state).toBe("passed");
    expect(view.steps.find(({ id }) => id === "crash")?.caption).toContain(
      "disable public network access",
    );
    expect(environment.orders.filter((order) => /crash|null/.test(order))).toEqual([]);
    expect(view.markdown).toContain("when an app server had noticed the loss");
  });

  it("fails when the operator has done nothing for ten minutes", async () => {
    const environment = new ScriptedEnvironment();
    environment.mode = "azure";

    const view = await begin(environment).run(20 * MINUTE_IN_MS);

    expect(outcome(view).crash).toBe("Not within 600 s: eastus is not down.");
  });
});
