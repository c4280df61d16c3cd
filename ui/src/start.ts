// The first script of the page, small enough to be there before the others: it asks what the first picture needs.

import { askAhead } from './topology/ahead.ts'
import { loadAhead } from './trace/ahead.ts'

// What fails here fails again where a page can say so.
void askAhead(globalThis.location).catch(() => undefined)
void loadAhead(globalThis.location).catch(() => undefined)
