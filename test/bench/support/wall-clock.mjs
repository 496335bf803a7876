/** Epoch milliseconds, and fractions of them; all processes of one machine have the same. */
export const wallClock = () => performance.timeOrigin + performance.now();
