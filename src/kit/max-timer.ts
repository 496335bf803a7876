/** The longest delay that a timer of the platform takes; one that is given more fires at once. */
export const maxTimerInMs = 2 ** 31 - 1;
