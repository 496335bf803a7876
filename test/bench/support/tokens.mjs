import jwt from "jsonwebtoken";

export const keyOf = (connectionString) => /AccessKey=([^;]+)/.exec(connectionString)[1];

export const endpointOf = (connectionString) => /Endpoint=([^;]+)/.exec(connectionString)[1];

/** Good for an hour; `id` makes it differ from others for the same audience. */
export const signToken = (audience, key, claims = {}) =>
  jwt.sign({ aud: audience, ...claims }, key, { algorithm: "HS256", expiresIn: 3600 });

/** Where a client of the hub connects, with what its token says of it. */
export function clientUrlOf(connectionString, claims = { sub: "somebody" }) {
  const url = `${endpointOf(connectionString)}/client/hubs/bench`;
  const token = signToken(url, keyOf(connectionString), claims);
  return `${url.replace("http", "ws")}?access_token=${token}`;
}
