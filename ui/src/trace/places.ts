// Ids of the parts of the page, between which keys move the focus.

export const WATERFALL = 'waterfall'
export const PANEL = 'span-details'

/** Id of a row's element, by the key of its span. */
export const rowId = (key: string) => `row-${key}`
