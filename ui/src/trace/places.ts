// Ids of the parts of the page, between which keys move the focus.

/** The waterfall, the flame graph or the table, whichever is shown. */
export const VIEW = 'spans'
export const PANEL = 'span-details'
export const FIND = 'find-span'

/** Id of a row's element, by the key of its span. */
export const rowId = (key: string) => `row-${key}`
