import { AzureLogger, setLogLevel } from "@azure/logger";
import { type ResilientPubSubOptions, resilientPubSub } from "express-resilient-pubsub";
import type { Logger } from "../../src/contract/logger.ts";
import { OnceWarnings } from "../../src/kit/warn-once.ts";
import { defaultSink } from "../../src/telemetry/default-sink.ts";
import { givenSink } from "../../src/telemetry/given-sink.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { collectedLines } from "../support/collected-log.ts";

const fields = { event: "failover", hub: "chat" };
const LEVELS = ["error", "warn", "info", "debug"] as const;

describe("without a logger", () => {
  /** What comes out of `AzureLogger`, for a line at each level. */
  function written(level: Parameters<typeof setLogLevel>[0]): string[] {
    const { log } = AzureLogger;
    const lines: string[] = [];
    AzureLogger.log = (line) => void lines.push(line);
    setLogLevel(level);
    for (const one of LEVELS) defaultSink.write(one, `100 %s ${one}`, fields);
    setLogLevel();
    AzureLogger.log = log;
    return lines.map((line) => line.replace(/^azure:express-resilient-pubsub:(\w+) .*/, "$1"));
  }

  it.each([
    [undefined, ["error", "warning"]],
    ["error", ["error"]],
    ["warning", ["error", "warning"]],
    ["info", ["error", "warning", "info"]],
    ["verbose", ["error", "warning", "info", "verbose"]],
  ] as const)("with the level %s is written: %j", (level, expected) => {
    expect(written(level)).toEqual(expected);
  });

  it("a line is its text and its fields as JSON, by way of AzureLogger", () => {
    const log = jest.spyOn(AzureLogger, "log").mockImplementation(() => {});
    afterTest(() => log.mockRestore());
    defaultSink.write("warn", "clients go elsewhere", fields);
    expect(log.mock.calls).toEqual([
      [
        'azure:express-resilient-pubsub:warning clients go elsewhere {"event":"failover","hub":"chat"}',
      ],
    ]);
  });

  it("explanations are wanted at the level verbose only", () => {
    expect(defaultSink.isDebug).toBe(false);
    setLogLevel("verbose");
    expect(defaultSink.isDebug).toBe(true);
    setLogLevel();
  });
});

describe("a logger that is given", () => {
  const recorded = (more: object = {}) => {
    const calls: unknown[][] = [];
    const at =
      (level: string) =>
      (...given: unknown[]) =>
        void calls.push([level, ...given]);
    return { calls, logger: { error: at("error"), warn: at("warn"), ...more } as Logger };
  };

  it("is called as pino is, with the fields first", () => {
    const { calls, logger } = recorded();
    givenSink(logger, new OnceWarnings()).write("warn", "text", fields);
    expect(calls).toEqual([["warn", fields, "text"]]);
  });

  it("is called with the text first when it has a method log, as console and winston have", () => {
    const { calls, logger } = recorded({ log: () => {} });
    givenSink(logger, new OnceWarnings()).write("error", "text", fields);
    expect(calls).toEqual([["error", "text", fields]]);
  });

  it("need not have methods for info and debug", () => {
    const { calls, logger } = recorded();
    const sink = givenSink(logger, new OnceWarnings());
    for (const level of ["info", "debug"] as const) sink.write(level, "text", fields);
    expect([calls, sink.isDebug]).toEqual([[], false]);
  });

  it.each([
    ["says that it is", () => true, true],
    ["says that it is not", () => false, false],
    ["does not say", undefined, false],
  ])("explains negotiates when it is at debug: it %s", (_, isLevelEnabled, expected) => {
    const { logger } = recorded({ debug: () => {}, isLevelEnabled });
    expect(givenSink(logger, new OnceWarnings()).isDebug).toBe(expected);
  });

  it("that is of a class is called as one of its methods", () => {
    class Lines {
      readonly lines: string[] = [];
      error(_: object, text: string) {
        this.lines.push(text);
      }
      warn(_: object, text: string) {
        this.lines.push(text);
      }
    }
    const logger = new Lines();
    givenSink(logger, new OnceWarnings()).write("warn", "text", fields);
    expect(logger.lines).toEqual(["text"]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("full"))],
  ])("that %s harms nobody, and the process is warned once", async (_, fails) => {
    const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
    afterTest(() => emitWarning.mockRestore());
    const sink = givenSink({ error: fails, warn: fails }, new OnceWarnings());
    sink.write("warn", "text", fields);
    sink.write("error", "text", fields);
    await new Promise(setImmediate);
    expect(emitWarning.mock.calls).toEqual([
      [expect.any(String), expect.objectContaining({ code: "ERR_LOGGER_FAILED" })],
    ]);
  });
});

describe("the option logger", () => {
  const start = (logger: ResilientPubSubOptions["logger"]) =>
    closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [
          {
            name: "eastus",
            role: "primary",
            connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=k",
          },
        ],
        negotiate: { allowAnonymous: true },
        logger,
      }),
    );

  it("false silences, and nothing else is told in its place", async () => {
    const emitWarning = jest.spyOn(process, "emitWarning");
    afterTest(() => emitWarning.mockRestore());
    collectedLines.length = 0;
    await start(false).ready();
    expect([collectedLines, emitWarning.mock.calls]).toEqual([[], []]);
  });

  it("takes the lines, and stays the application's to change", async () => {
    collectedLines.length = 0;
    const logger = { error: jest.fn(), warn: jest.fn() };
    await start(logger).ready();
    expect(collectedLines).toEqual([]);
    expect(logger.warn.mock.calls[0]?.[0]).toMatchObject({ event: "endpointDown", hub: "chat" });
    expect(logger.error.mock.calls[0]?.[0]).toMatchObject({ event: "allDown", hub: "chat" });
    expect(Object.isFrozen(logger)).toBe(false);
  });

  it.each([[true], ["stderr"], [{}], [{ warn: () => {} }], [{ error: 1, warn: 1 }]])(
    "%j is refused, with what would be right",
    (logger) => {
      expect(() => start(logger as never)).toThrow(
        / logger: .*give a logger with the methods error and warn, or false/,
      );
    },
  );
});
