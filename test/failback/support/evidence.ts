import type { EndpointRegistry } from "../../../src/endpoints/registry.ts";
import type { HealthMonitor } from "../../../src/health/monitor.ts";
import type { Failure } from "../../../src/service/failure.ts";

/** A monitor that only writes down which calls have failed, such as `westus: status 503`. */
export function recordingMonitor() {
  const reports: string[] = [];
  const monitor = {
    reportSuccess: () => {},
    reportFailure: ({ name }: { name: string }, { label }: Failure) => {
      reports.push(`${name}: ${label}`);
    },
  } as unknown as HealthMonitor;
  return { monitor, reports };
}

/** Has health checks answered, two at a time unless the test says otherwise. */
export function checksOf(registry: EndpointRegistry) {
  let sequence = 0;
  return (name: string, ok: boolean, times = 2): void => {
    for (let time = 0; time < times; time += 1) {
      const outcome = ok ? ({ ok } as const) : ({ ok, reason: "refused" } as const);
      const timing = { at: Date.now(), durationInMs: 1 };
      registry.recordProbe(registry.get(name), ++sequence, outcome, timing);
    }
  };
}
