import { FanOutError } from "express-resilient-pubsub";

export async function rejectionOf(promise: Promise<unknown>): Promise<FanOutError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(FanOutError);
  return error as FanOutError;
}
