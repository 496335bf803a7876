import { startEmulator } from "express-resilient-pubsub/emulator";

const absent = Object.assign(new Error("Cannot find package 'selfsigned' imported from app.mjs"), {
  code: "ERR_MODULE_NOT_FOUND",
});

test("a self-signed certificate without the package for it is refused with what to install", async () => {
  jest.doMock("selfsigned", () => {
    throw absent;
  });
  await expect(startEmulator({ tls: true })).rejects.toMatchObject({
    name: "EmulatorError",
    code: "ERR_MISSING_DEPENDENCY",
    message: expect.stringMatching(/npm install --save-dev selfsigned.*\(tls: \{ cert, key \}/),
    cause: absent,
  });
});
