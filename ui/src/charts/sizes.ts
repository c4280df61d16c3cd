// Sizes of charts, for those that only leave room for them, too.

/** A plot with its time axis. */
export const PLOT_HEIGHT = 140
/** The same of a page's only one. */
export const LARGE_PLOT_HEIGHT = 280
/** Around the plot in its box, the same for all charts, so that moments stand below one another. */
export const PLOT_INSET = { left: 58, right: 36, top: 8, bottom: 22 } as const
/** Between two moments of a time axis, at least. */
export const TICK_SPACE = 64
