import { startApp } from "./support/app-to-break.ts";
import { runLine } from "./support/run-line.ts";

jest.setTimeout(60_000);

/** A short drill of an app. */
const drillOf = (url: string): string[] => [
  ...["drill", "--negotiate-url", `${url}/negotiate`, "--header", "x-user: ada"],
  ...["--clients", "4", "--baseline", "0", "--settle", "0"],
];

test("a drill whose clients cannot move fails, and heals the region all the same", async () => {
  const { eastus, westus, url } = await startApp();
  await westus.inject({ kind: "crash" });
  const { code, stdout } = await runLine([
    ...drillOf(url),
    ...["--watch", "1", "--emulator-admin", eastus.adminEndpoint ?? "", "--fault", "crash"],
  ]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^# Failover drill: failed\n/);
  expect(stdout).toMatch(/of 4 affected clients had no connection at the end/);
  expect((await fetch(`${eastus.endpoint}/api/health`)).status).toBe(200);
});

test("a drill without an admin route waits for the operator", async () => {
  const { eastus, url } = await startApp();
  const { code, stdout, stderr } = await runLine([...drillOf(url), "--watch", "20"], {
    onError: (text) => {
      if (text.startsWith("Break the region now")) void eastus.inject({ kind: "crash" });
    },
  });
  expect([code, stderr]).toEqual([0, expect.stringMatching(/heal the region\.\n$/)]);
  expect(stdout).toContain("- Broken by: operator");
  expect(stdout).toContain("| moved | eastus -> westus: 4 |");
});

test("a drill that is asked to stop reports what there is", async () => {
  const { url } = await startApp();
  const stopping = new AbortController();
  const { code, stdout } = await runLine(drillOf(url), {
    stopSignal: stopping.signal,
    onError: (text) => {
      if (text.startsWith("Break the region now")) stopping.abort();
    },
  });
  expect([code, stdout]).toEqual([1, expect.stringContaining("nothing was rehearsed")]);
});

test("a drill that cannot heal the region reports what it has measured, and fails", async () => {
  const { eastus, url } = await startApp({ admin: true });
  const admin = eastus.adminEndpoint ?? "";
  const { code, stdout } = await runLine([...drillOf(url), ...["--emulator-admin", admin]]);
  expect(code).toBe(1);
  expect(stdout).toContain(
    "- Problem: The region is still broken: the admin route does not answer",
  );
  expect(stdout).toContain("| moved | eastus -> westus: 4 |");
});
