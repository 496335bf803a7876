import { begin, outcome, useDrillTime } from "../../support/begun-drill.ts";
import { deliveriesWith } from "../../support/delivery-views.ts";
import { ScriptedEnvironment } from "../../support/scripted-environment.ts";

useDrillTime();

describe("a guided drill that cannot succeed", () => {
  it("fails at the step that does not happen, says what is missing, and heals", async () => {
    const environment = new ScriptedEnvironment();
    environment.notices = false;

    const view = await begin(environment).run();

    expect(view.state).toBe("failed");
    expect(outcome(view)).toMatchObject({
      crash: "done",
      detection: "Not within 15 s: the app server in eastus takes its primary for healthy.",
      arrival: "waiting",
    });
    expect(view.markdown).toContain('Failed at "The app server finds out": Not within 15 s');
    expect(environment.faults.size).toBe(0);
  });

  it("fails when a client does not hear a broadcast", async () => {
    const environment = new ScriptedEnvironment();
    environment.clients.deaf.add(3);

    const view = await begin(environment).run();

    expect(outcome(view).before).toBe("Not within 15 s: 1 of 8 clients have not heard it.");
    expect(environment.orders).not.toContain("eastus: crash");
  });

  it("fails when an event lands in another region as well", async () => {
    const { run, environment, during } = begin();
    during("after", () => {
      environment.upstream = () => ["westus", "eastus"];
    });

    expect(outcome(await run()).after).toBe(
      "An event of a client on westus landed in eastus, not only in westus.",
    );
  });

  it("fails when a negotiate has failed, though all steps have happened", async () => {
    const { run, environment, during } = begin();
    const { negotiate } = ScriptedEnvironment.prototype;
    during("recovery", () => {
      environment.negotiate = async (homeRegion) => {
        environment.negotiate = negotiate;
        throw new Error(`no app server in ${homeRegion}`);
      };
    });

    const view = await run();

    expect(view.state).toBe("failed");
    expect(outcome(view)).toMatchObject({
      return: "done",
      load: expect.stringMatching(
        /^1 of \d+ negotiates failed\. The first: no app server in eastus$/,
      ),
    });
  });

  it.each([
    ["heard a message twice", { doubled: 2 }, "heard 2 messages more than once."],
    [
      "missed a message and were told nothing",
      { missed: 3, missedUntold: 3 },
      "missed 3 messages without being told so.",
    ],
  ])("fails when clients with history %s", async (_what, withHistory, reason) => {
    const { run, environment, during } = begin();
    during("arrival", () => {
      environment.clients.deliveries = deliveriesWith({ withHistory });
    });

    const view = await run();

    expect(view.state).toBe("failed");
    expect(outcome(view).messages).toBe(`Clients with history ${reason}`);
  });

  it("fails when clients leave the secondary though nobody closed them", async () => {
    const { run, environment, during } = begin();
    during("newcomers", () => environment.clients.closeDisplaced());

    expect(outcome(await run()).newcomers).toBe(
      "4 of 4 clients left westus, though nobody closed them.",
    );
  });

  it("fails with what the environment says when it cannot do something", async () => {
    const environment = new ScriptedEnvironment();
    environment.setFault = async () => {
      throw new Error("Another program has taken port 1.");
    };

    expect(outcome(await begin(environment).run()).crash).toBe("Another program has taken port 1.");
  });

  it("fails when an order is never done", async () => {
    const environment = new ScriptedEnvironment();
    environment.setFault = () => new Promise(() => {});

    expect(outcome(await begin(environment).run()).crash).toBe(
      "Not within 15 s: eastus did not crash.",
    );
  });

  it("fails when it could not restore what it had set", async () => {
    const { run, environment, during } = begin();
    during("return", () => {
      environment.clients.resize = async () => {
        throw new Error("the clients are gone");
      };
    });

    const view = await run();

    expect(view.state).toBe("failed");
    expect(view.markdown).toContain("Not put back. The number of clients: the clients are gone");
  });

  it("fails at once without two regions", async () => {
    const environment = new ScriptedEnvironment();
    const { view } = environment;
    Object.defineProperty(environment, "view", {
      value: { ...view, servers: view.servers.slice(0, 1) },
    });

    expect(outcome(await begin(environment).run()).order).toBe(
      "A failover takes two regions, each with an app server.",
    );
  });
});

describe("a guided drill with which others interfere", () => {
  const interferences: [
    what: string,
    step: string,
    reason: string,
    (it: ScriptedEnvironment) => void,
  ][] = [
    [
      "heals the primary",
      "detection",
      "Somebody else has healed eastus.",
      (environment) => {
        environment.notices = false;
        environment.faults.clear();
        environment.down.clear();
      },
    ],
    [
      "breaks the primary in another way",
      "detection",
      "Somebody else has put a fault into eastus: blackhole.",
      (environment) => void environment.faults.set("eastus", "blackhole"),
    ],
    [
      "breaks the secondary",
      "detection",
      "Somebody else has broken westus: gray.",
      (environment) => void environment.faults.set("westus", "gray"),
    ],
    [
      "stops an app server",
      "recovery",
      "The app server in westus is not running any more.",
      (environment) => void environment.stopped.add("westus"),
    ],
    [
      "drains the secondary",
      "detection",
      "Somebody has drained westus.",
      (environment) => void environment.drained.add("westus"),
    ],
    [
      "changes the topology",
      "recovery",
      "Somebody switched the topology to client-client.",
      (environment) => {
        environment.topology = "client-client";
      },
    ],
    [
      "changes failback",
      "recovery",
      "Somebody set failback to paced.",
      (environment) => {
        environment.failback = "paced";
      },
    ],
    [
      "changes the number of clients",
      "detection",
      "Somebody asked for 3 clients.",
      (environment) => {
        environment.clients.wanted = 3;
      },
    ],
  ];

  it.each(interferences)(
    "fails and says so when somebody %s",
    async (_what, step, reason, interfere) => {
      const { run, environment, during } = begin();
      during(step, () => interfere(environment));

      const view = await run();

      expect(view.state).toBe("failed");
      expect(outcome(view)[step]).toBe(reason);
    },
  );

  it("does not undo what others have set", async () => {
    const { run, environment, during } = begin();
    during("detection", () => {
      environment.notices = false;
      environment.faults.set("eastus", "blackhole");
      environment.clients.wanted = 3;
    });

    await run();

    expect(environment.faults.get("eastus")).toBe("blackhole");
    expect(environment.clients.wanted).toBe(3);
  });
});
