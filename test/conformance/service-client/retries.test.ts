import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Activity, Fault } from "express-resilient-pubsub/emulator";
import { createServiceScene, options } from "./service-scene.ts";

const { scene } = createServiceScene();

describe("the SDK's own retries", () => {
  const setUpRetries = async () => {
    const statuses: number[] = [];
    let onCall = (): void => {};
    const onActivity = (activity: Activity) => {
      if (activity.kind !== "restCall") return;
      statuses.push(activity.status);
      onCall();
    };
    const emulator = await scene.emulator({ onActivity });
    const retryOptions = { retryDelayInMs: 1, maxRetryDelayInMs: 1 };
    const service = new WebPubSubServiceClient(emulator.connectionString, "chat", {
      ...options,
      retryOptions,
    });
    const onEachCall = (does: () => void) => {
      onCall = does;
    };
    return { emulator, service, statuses, onEachCall };
  };

  test.each<[Fault, number[]]>([
    [{ kind: "unhealthy" }, [503, 503, 503, 503]],
    [{ kind: "gray" }, [500, 500, 500, 500]],
    [{ kind: "throttle" }, [429]],
    [{ kind: "accessDenied" }, [403]],
  ])("see %j as %j and give up", async (fault, expected) => {
    const { emulator, service, statuses } = await setUpRetries();
    await emulator.inject(fault);
    await expect(service.sendToAll("x")).rejects.toMatchObject({ statusCode: expected[0] });
    expect(statuses).toEqual(expected);
  });

  test.each<[Fault, number[]]>([
    [{ kind: "unhealthy" }, [503, 202]],
    [{ kind: "unhealthy", retryAfterInSeconds: 1 }, [503, 202]],
    [{ kind: "throttle", retryAfterInSeconds: 1 }, [429, 202]],
  ])("succeed once %j has passed", async (fault, expected) => {
    const { emulator, service, statuses, onEachCall } = await setUpRetries();
    onEachCall(() => void emulator.clear());
    await emulator.inject(fault);
    await service.sendToAll("x");
    expect(statuses).toEqual(expected);
  });
});
