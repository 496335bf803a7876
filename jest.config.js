import { availableParallelism } from "node:os";

const shared = {
  testEnvironment: "<rootDir>/test/support/compile-once-environment.mjs",
  transform: {
    "\\.[jt]s$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
  },
  setupFilesAfterEnv: ["<rootDir>/test/support/no-secrets.ts"],
  moduleNameMapper: {
    "^\\./default-sink\\.ts$": "<rootDir>/test/support/collected-log.ts",
    "/processes/node-arguments\\.ts$|^\\./node-arguments\\.ts$":
      "<rootDir>/test/support/node-arguments.ts",
    "^express-resilient-pubsub$": "<rootDir>/src/index.ts",
    "^express-resilient-pubsub/emulator$": "<rootDir>/src/emulator/index.ts",
    "^express-resilient-pubsub/doctor$": "<rootDir>/src/doctor/index.ts",
    "^express-resilient-pubsub/client$": "<rootDir>/src/client/node.ts",
    "^express-resilient-pubsub/prometheus$": "<rootDir>/src/telemetry/prometheus.ts",
    "^express-resilient-pubsub/stores/(azure-blob|redis)$": "<rootDir>/src/stores/$1/$1-store.ts",
  },
};

const onPacked = {
  globalSetup: "<rootDir>/test/consumers/support/pack-once.ts",
  globalTeardown: "<rootDir>/test/consumers/support/remove-packed.ts",
};

// Everything that touches Express runs twice: once on each major version that the package supports.
const onExpress = [
  "http/{routing-rules,wildcard-mounts}",
  "resilient-pubsub/{end-to-end,injected-requests,operations,serverless-adapters,several-hubs}",
  "negotiate/{agreed-endpoint,client-access-token,negotiate,overload,review-route}",
  "upstream/**/*",
  "fan-out/broadcast",
  "telemetry/status-handler",
  "lifecycle/close",
];
const testsOf = (names) => names.map((name) => `<rootDir>/test/${name}.test.ts`);

// What has to take long; a short form of each stays among the others.
const LONG = "\\.long\\.test\\.ts$";

// What tries properties on random input does so more often where there is time; see support/runs.ts.
const randomised = [
  "client/{bad-frames,continuity/positions-model,random-sequences}",
  "coordination/simulation",
  "emulator/{clients/fuzz-websocket,filter/fuzz-filter,protocol/fuzz-frames,rest/fuzz-rest}",
  "failover/model",
  "history/simulation/simulation",
  "stores/history-random",
];

// esbuild would leave a thread and a process behind in every test file that bundles something.
process.env.ESBUILD_WORKER_THREADS = "0";

export default {
  // The tests wait more than they work.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  testSequencer: "<rootDir>/test/support/busy-last-sequencer.mjs",
  reporters: ["default", "<rootDir>/test/support/slowest-files-reporter.mjs"],
  collectCoverageFrom: ["<rootDir>/src/**/*.ts"],
  coverageProvider: "v8",
  coverageReporters: ["text"],
  projects: [
    {
      ...shared,
      displayName: "express 5",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: [
        "/node_modules/",
        "<rootDir>/test/consumers/",
        "<rootDir>/test/examples/",
        LONG,
      ],
    },
    {
      ...shared,
      displayName: "long",
      testMatch: testsOf(["**/*.long", ...randomised]),
      globals: { isLongRun: true },
    },
    {
      ...shared,
      ...onPacked,
      displayName: "package",
      testMatch: ["<rootDir>/test/consumers/**/*.test.ts"],
    },
    {
      ...shared,
      ...onPacked,
      displayName: "examples",
      testMatch: ["<rootDir>/test/examples/**/*.test.ts"],
    },
    {
      ...shared,
      displayName: "express 4",
      testPathIgnorePatterns: ["/node_modules/", LONG],
      testMatch: testsOf([...onExpress, "failover/acceptance"]),
      moduleNameMapper: { ...shared.moduleNameMapper, "^express$": "express4" },
    },
  ],
};
