import jwt from "jsonwebtoken";

export const keyOf = (connectionString) => /AccessKey=([^;]+)/.exec(connectionString)[1];

/** Good for an hour; `id` makes it differ from others for the same audience. */
export const signToken = (audience, key, claims = {}) =>
  jwt.sign({ aud: audience, ...claims }, key, { algorithm: "HS256", expiresIn: 3600 });
