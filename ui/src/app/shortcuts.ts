// Every key that does something, with the words that the help shows, and how keys are told apart.

/** Keys by their action. Of several keys any one will do; `g t` is two keys after one another. */
export const SHORTCUTS = {
  palette: { group: 'Everywhere', keys: ['Mod+k'], words: 'Search everything' },
  help: { group: 'Everywhere', keys: ['?'], words: 'Show or hide this help' },
  goTopology: { group: 'Everywhere', keys: ['g t'], words: 'Go to the topology' },
  goServices: { group: 'Everywhere', keys: ['g s'], words: 'Go to the services' },
  goTraces: { group: 'Everywhere', keys: ['g r'], words: 'Go to the traces' },
  goConnect: { group: 'Everywhere', keys: ['g c'], words: 'Go to Connect' },
  pause: { group: 'Everywhere', keys: ['Space'], words: 'Pause or resume live updates' },
  timeBack: { group: 'Time', keys: ['t ArrowLeft'], words: 'Half of it earlier' },
  timeForward: { group: 'Time', keys: ['t ArrowRight'], words: 'Half of it later' },
  timeCloser: { group: 'Time', keys: ['t +', 't ='], words: 'Half as much time' },
  timeWider: { group: 'Time', keys: ['t -'], words: 'Twice as much time' },
  timeLive: { group: 'Time', keys: ['t l'], words: 'Back to now' },
  timeLink: { group: 'Time', keys: ['t c'], words: 'Copy a link to this time' },
  find: { group: 'Topology', keys: ['/'], words: 'Find nodes and edges' },
  switchView: { group: 'Topology', keys: ['v'], words: 'Graph or table' },
  nextTrouble: { group: 'Topology', keys: ['e'], words: 'Next node in trouble' },
  focusNode: { group: 'Topology', keys: ['f'], words: 'Show only what is around the node' },
  lessAround: { group: 'Topology', keys: ['['], words: 'Show less around it' },
  moreAround: { group: 'Topology', keys: [']'], words: 'Show more around it' },
  zoomIn: { group: 'Topology', keys: ['+', '='], words: 'Zoom in' },
  zoomOut: { group: 'Topology', keys: ['-'], words: 'Zoom out' },
  fit: { group: 'Topology', keys: ['0'], words: 'Show all of it' },
  tidy: { group: 'Topology', keys: ['r'], words: 'Lay out anew' },
  undoMove: { group: 'Topology', keys: ['u'], words: 'Undo: laid out anew, or a node put elsewhere' },
  fold: { group: 'Topology', keys: ['c'], words: 'Fold or unfold the namespace of the node' },
  foldAll: { group: 'Topology', keys: ['C'], words: 'Fold or unfold all namespaces' },
  lineWords: { group: 'Topology', keys: ['l'], words: 'What the lines say: rate, errors, p95, nothing' },
  minimap: { group: 'Topology', keys: ['m'], words: 'Show or hide the small map' },
  pullDown: { group: 'Topology', keys: ['w'], words: 'Look further up' },
  pullUp: { group: 'Topology', keys: ['s'], words: 'Look further down' },
  pullRight: { group: 'Topology', keys: ['a'], words: 'Look further left' },
  pullLeft: { group: 'Topology', keys: ['d'], words: 'Look further right' },
  showDetails: { group: 'Topology', keys: ['Enter'], words: 'Go to the details' },
  clear: { group: 'Topology', keys: ['Escape'], words: 'Undo: selection, search, hiding, focus, namespace' },
  findService: { group: 'Services', keys: ['/'], words: 'Find a service' },
  nextRow: { group: 'Services', keys: ['j', 'ArrowDown'], words: 'Next row' },
  previousRow: { group: 'Services', keys: ['k', 'ArrowUp'], words: 'Previous row' },
  openRow: { group: 'Services', keys: ['Enter'], words: 'Open the service, or the edge of the row' },
  tab: { group: 'Services', keys: ['1', '2', '3'], words: 'Signals, calls or operations of a service' },
  compare: { group: 'Services', keys: ['p'], words: 'Compare with the period before' },
  search: { group: 'Traces', keys: ['/'], words: 'Type a query' },
  filter: { group: 'Traces', keys: ['s'], words: 'Choose a service' },
  nextTrace: { group: 'Traces', keys: ['j', 'ArrowDown'], words: 'Next trace' },
  previousTrace: { group: 'Traces', keys: ['k', 'ArrowUp'], words: 'Previous trace' },
  openTrace: { group: 'Traces', keys: ['Enter'], words: 'Open the trace' },
  nextSpan: { group: 'Trace', keys: ['j', 'ArrowDown'], words: 'Next span' },
  previousSpan: { group: 'Trace', keys: ['k', 'ArrowUp'], words: 'Previous span' },
  firstSpan: { group: 'Trace', keys: ['Home'], words: 'First span' },
  lastSpan: { group: 'Trace', keys: ['End'], words: 'Last span' },
  collapse: { group: 'Trace', keys: ['ArrowLeft', 'h'], words: 'Collapse, or go to the parent' },
  expand: { group: 'Trace', keys: ['ArrowRight', 'l'], words: 'Expand, or go to the first child' },
  nextError: { group: 'Trace', keys: ['e'], words: 'Next span with an error' },
  previousError: { group: 'Trace', keys: ['E'], words: 'Previous span with an error' },
  level: { group: 'Trace', keys: ['1', '2', '3', '4', '5', '6', '7', '8'], words: 'Expand to this level' },
  everything: { group: 'Trace', keys: ['9'], words: 'Expand everything' },
  nextMatch: { group: 'Trace', keys: ['n'], words: 'Next span that was looked for' },
  previousMatch: { group: 'Trace', keys: ['N'], words: 'Previous span that was looked for' },
  findSpan: { group: 'Trace', keys: ['/'], words: 'Find a span' },
  criticalPath: { group: 'Trace', keys: ['c'], words: 'Show or hide the critical path' },
  flame: { group: 'Trace', keys: ['f'], words: 'Flame graph, or back to the waterfall' },
  spanTable: { group: 'Trace', keys: ['v'], words: 'Table of spans, or back to the waterfall' },
  nearer: { group: 'Trace', keys: ['w'], words: 'Zoom in' },
  farther: { group: 'Trace', keys: ['s'], words: 'Zoom out' },
  earlier: { group: 'Trace', keys: ['a'], words: 'Look earlier' },
  later: { group: 'Trace', keys: ['d'], words: 'Look later' },
  toSpan: { group: 'Trace', keys: ['z'], words: 'Zoom to the span' },
  wholeTrace: { group: 'Trace', keys: ['0'], words: 'Show all of the time' },
  details: { group: 'Trace', keys: ['Enter'], words: 'Go to the details of the span' },
  close: { group: 'Trace', keys: ['Escape'], words: 'Back to the spans, then close the details' },
} as const satisfies Record<string, { group: string; keys: readonly string[]; words: string }>

export type Action = keyof typeof SHORTCUTS

/** What of a keyboard event matters. */
export interface KeyPress {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

/** What a key after the pending ones means to the listed actions. */
export type Match =
  | { kind: 'action'; action: Action; key: string }
  /** The beginning of a sequence. */
  | { kind: 'pending'; keys: string }
  | { kind: 'none' }

export function match(actions: readonly Action[], pending: string, press: KeyPress): Match {
  if (press.altKey) return { kind: 'none' }
  const key = nameOf(press)
  for (const keys of pending === '' ? [key] : [`${pending} ${key}`, key]) {
    const action = actions.find(action => (SHORTCUTS[action].keys as readonly string[]).includes(keys))
    if (action !== undefined) return { kind: 'action', action, key: keys }
  }
  if (hasModifier(press)) return { kind: 'none' }
  const begins = actions.some(action => SHORTCUTS[action].keys.some(keys => keys.startsWith(`${key} `)))
  return begins ? { kind: 'pending', keys: key } : { kind: 'none' }
}

/** Of keys that need Ctrl, or ⌘ on a Mac. */
export const MOD = 'Mod+'

function nameOf(press: KeyPress): string {
  const key = press.key === ' ' ? 'Space' : press.key
  return hasModifier(press) ? `${MOD}${key}` : key
}

/** Ctrl, or what Macs have in its place. */
export function hasModifier(press: KeyPress): boolean {
  return press.ctrlKey || press.metaKey
}

const NAMES: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  [`${MOD}k`]: `${isMac() ? '⌘' : 'Ctrl'} K`,
}

function isMac(): boolean {
  return typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)
}

/** As people read them: `t ←`. */
export function shownKeys(keys: string): string {
  return NAMES[keys] ?? keys.replace(/Arrow\w+$/, name => NAMES[name] ?? name)
}

/** Keys that mean something by themselves to what has the focus. */
const OWN_KEYS = ['Space', 'Enter', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End']
/** Of these, those that press what has the focus: they are never the end of a sequence. */
const PRESSING = ['Space', 'Enter']
const TYPING = 'input, textarea, select, [contenteditable="true"], [role="listbox"], [role="menu"]'
const CONTROL = 'a, button, summary, [role="tab"], [role="button"]'

/** Whether a key belongs to what has the focus, so that no shortcut may take it. */
export function belongsToTarget(press: KeyPress, target: EventTarget | null, pending = ''): boolean {
  // Nobody types with Ctrl held down; which of these are ours is decided by the list of keys.
  if (hasModifier(press) || !(target instanceof Element)) return false
  if (target.closest(TYPING) !== null) return true
  if (target.closest('dialog, [role="dialog"]') !== null) return press.key !== '?'
  const own = pending === '' ? OWN_KEYS : PRESSING
  return own.includes(nameOf(press)) && target.closest(CONTROL) !== null
}
